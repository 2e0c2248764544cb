/** What a field with `list={id}` offers while somebody types. */
export function Choices({ id, values }: { id: string; values: string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => <option value={value}></option>)}
    </datalist>
  );
}
