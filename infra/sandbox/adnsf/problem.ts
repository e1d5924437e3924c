/** What the API says when it does not do what was asked. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Stable; programs compare it. */
  readonly code: string;
  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}
