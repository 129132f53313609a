/** The HTTP interface as one function, and what it throws. Every call of a page goes through here. */
import type { ErrorBody } from './api-types.ts';

export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    readonly retryAfter_ms = 0,
  ) {
    super(body.message);
  }

  get code(): string {
    return this.body.code;
  }

  /** What is wrong with one field, where the server named it (422 `invalid`). */
  field(name: string): string | undefined {
    if (!Array.isArray(this.body.details)) return undefined;
    const details = this.body.details as { field?: string; message?: string }[];
    return details.find((detail) => detail.field === name)?.message;
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** The parsed answer, null where there is none. Throws ApiError, with status 0 when nothing was reached. */
export async function request<Answer>(
  method: Method,
  path: string,
  body?: object,
): Promise<Answer> {
  const init: RequestInit = { method, headers: { accept: 'application/json' } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, 'content-type': 'application/json' };
  }
  return answerOf<Answer>(await reach(`/api/v1${path}`, init));
}

/** A file as it is, under its own type. */
export async function send<Answer>(method: Method, path: string, file: Blob): Promise<Answer> {
  const headers = { accept: 'application/json', 'content-type': file.type };
  return answerOf<Answer>(await reach(`/api/v1${path}`, { method, headers, body: file }));
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? null : await response.json()) as Answer;
}

/** `fetch` whose failure to reach the server is an ApiError like the others. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch {
    throw new ApiError(0, {
      code: 'unreachable',
      message: 'The server cannot be reached.',
      details: null,
    });
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter_ms = 1_000 * (Number.parseInt(response.headers.get('retry-after') ?? '', 10) || 0);
  try {
    const { error } = (await response.json()) as { error: ErrorBody };
    return new ApiError(response.status, error, retryAfter_ms);
  } catch {
    // Something between us and the server answered in its own words, a proxy for instance.
    return new ApiError(response.status, {
      code: `http_${response.status}`,
      message: response.statusText,
      details: null,
    });
  }
}
