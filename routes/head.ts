/**
 * What HEAD is answered: the headers of `response`, which GET would be, with the length of its body.
 *
 * The server would count a body that is there; of one that was taken away it knows nothing.
 */
export async function headOf(response: Response): Promise<Response> {
  const { status, body } = response;
  const headers = new Headers(response.headers);
  if (body !== null && !headers.has("content-length")) {
    let length = 0;
    for await (const chunk of body) length += chunk.byteLength;
    headers.set("content-length", String(length));
  }
  return new Response(null, { status, headers });
}
