/** A language's file in two parts: vite.config.ts makes them as src/locales/door.ts says. */
declare module '*.json?door' {
  const words: import('./door.ts').Words;
  export default words;
}

declare module '*.json?rest' {
  const words: import('./door.ts').Words;
  export default words;
}
