/** When an error arose decides whether an idempotency key remembers it: validation leaves no trace, execution does. */
export type Stage = 'validation' | 'execution';

export type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

/** The inside of `{"error": …}` as Stripe answers it. */
export interface ErrorBody {
  type: ErrorType;
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  doc_url?: string;
  payment_intent?: unknown;
  payment_method?: unknown;
  charge?: string;
  request_log_url?: string;
}

/** An error to be answered in Stripe's shape. Thrown by an operation, it undoes all that the operation did. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly stage: Stage;

  constructor(status: number, body: ErrorBody, stage: Stage) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.stage = stage;
  }
}

/** A parameter that cannot be right whatever the state of the account: 400, never saved under an idempotency key. */
export const invalidParameter = (message: string, param?: string, code?: string): ApiError =>
  new ApiError(
    400,
    { type: 'invalid_request_error', message, ...(code && { code }), ...(param && { param }) },
    'validation',
  );

/** A request that is well-formed but refused by the state of things: saved under an idempotency key. */
export const refused = (message: string, code: string, extra: Partial<ErrorBody> = {}, status = 400): ApiError =>
  new ApiError(status, { type: 'invalid_request_error', message, code, ...extra }, 'execution');

const words = (kind: string): string => kind.replaceAll('_', ' ').replace('payment method', 'PaymentMethod');

/** The object named in the path does not exist: 404. */
export const missing = (kind: string, id: string, param = 'id'): ApiError =>
  refused(`No such ${words(kind)}: '${id}'`, 'resource_missing', { param }, 404);

/** An object named by a parameter does not exist: 400. */
export const missingReference = (kind: string, id: string, param: string): ApiError =>
  refused(`No such ${words(kind)}: '${id}'`, 'resource_missing', { param });

export const unauthorized = (message: string, code?: string): ApiError =>
  new ApiError(401, { type: 'invalid_request_error', message, ...(code && { code }) }, 'validation');

export const rateLimited = (): ApiError =>
  new ApiError(
    429,
    { type: 'invalid_request_error', code: 'rate_limit', message: 'Request rate limit exceeded.' },
    'validation',
  );

export const internalError = (message: string): ApiError =>
  new ApiError(500, { type: 'api_error', message }, 'execution');
