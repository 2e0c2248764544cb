/** The release, by semantic versioning; CHANGELOG.md says what each one brought. */
export const VERSION = "0.1.0";
