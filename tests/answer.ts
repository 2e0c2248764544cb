/** The status and the JSON of a response. */
export async function answer(response: Response): Promise<[number, unknown]> {
  const text = await response.text();
  return [response.status, text === "" ? null : JSON.parse(text)];
}
