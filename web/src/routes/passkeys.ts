/** WebAuthn between the server's JSON and the browser's bytes. Not every browser has the conversions built in yet. */

type Json = Record<string, unknown>;

export const hasPasskeys = (): boolean => typeof PublicKeyCredential === 'function';

/** Throws a DOMException when the person calls it off. */
export async function makePasskey(options: Json): Promise<Json> {
  const publicKey = withBytes(options) as unknown as PublicKeyCredentialCreationOptions;
  return asJson(await navigator.credentials.create({ publicKey }));
}

export async function usePasskey(options: Json): Promise<Json> {
  const publicKey = withBytes(options) as unknown as PublicKeyCredentialRequestOptions;
  return asJson(await navigator.credentials.get({ publicKey }));
}

function withBytes(options: Json): Json {
  const user = options['user'] as Json | undefined;
  const listed = (name: string): Json => {
    const list = options[name] as Json[] | undefined;
    return list === undefined ? {} : { [name]: list.map((one) => ({ ...one, id: bytes(one['id']) })) };
  };
  return {
    ...options,
    challenge: bytes(options['challenge']),
    ...(user === undefined ? {} : { user: { ...user, id: bytes(user['id']) } }),
    ...listed('excludeCredentials'),
    ...listed('allowCredentials'),
  };
}

function asJson(credential: Credential | null): Json {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('', 'NotAllowedError');
  const { response } = credential;
  const names = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'] as const;
  const parts = names.map((name) => [name, (response as unknown as Record<string, unknown>)[name]] as const);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: Object.fromEntries(
      parts.flatMap(([name, value]) => (value instanceof ArrayBuffer ? [[name, text(value)]] : [])),
    ),
  };
}

function bytes(base64url: unknown): Uint8Array<ArrayBuffer> {
  const binary = atob(String(base64url).replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
