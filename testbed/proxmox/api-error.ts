/** An answer of the API other than 200: the first line of the message becomes the reason phrase. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly errors: Record<string, string> | undefined;

  constructor(status: number, message: string, errors?: Record<string, string>) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** The 500 that Proxmox VE answers for nearly every refusal. */
export function refuse(message: string): ApiError {
  return new ApiError(500, message);
}

/** The 400 for parameters that do not fit, with one text per parameter. */
export function badParameters(errors: Record<string, string>): ApiError {
  return new ApiError(400, 'Parameter verification failed.', errors);
}
