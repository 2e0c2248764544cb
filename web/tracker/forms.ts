/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The form that is being filled in, from its first input until it is submitted or left. */
// deno-lint-ignore-file eqeqeq -- an equals sign is a byte
import { redact } from "./redact.ts";
import { add } from "./page.ts";

let begun: HTMLFormElement | 0 | undefined;

/** One of the three events of a form's life. */
const addForm = (type: string, form: HTMLFormElement, formData?: unknown) =>
  // Not `form.id`: a field named "id" would stand in its place.
  add("form_" + type, {
    formMethod: form.getAttribute("method"),
    formId: form.getAttribute("id"),
    formAction: form.getAttribute("action"),
    formData,
  });

export const abandon = (): void => {
  if (begun) addForm("abandon", begun);
  begun = 0;
};

export const input = (_event: Event, { form, type }: HTMLInputElement): void => {
  if (
    form && form != begun &&
    // What cannot be submitted cannot be abandoned either, and a search that answers as one types is not.
    !/search/.test(type + form.getAttribute("role")) &&
    (form.length < 2 || [...form as never as HTMLInputElement[]].some(({ type }) => type == "submit"))
  ) {
    abandon();
    addForm("start", begun = form);
  }
};

export const submit = (_event: Event, form: HTMLFormElement): void => {
  const formData: Record<string, unknown> = {};
  for (const field of form as unknown as (HTMLInputElement & HTMLSelectElement)[]) {
    const { name } = field;
    if (name && (field.checked || !/box|radio|button|submit|set|file/.test(field.type))) {
      for (const { value } of field.selectedOptions || [field]) {
        formData[name] = name in formData
          ? [formData[name], redact(value, field)].flat()
          : redact(value, field);
      }
    }
  }
  begun = 0;
  addForm("submit", form, formData);
};
