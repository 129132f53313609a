/** The contrast that WCAG 2.2 asks for, measured on the theme itself, in both schemes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const css = readFileSync(fileURLToPath(new URL('../src/ui/theme.css', import.meta.url)), 'utf8');
/** Every custom property; a value that differs is written `light-dark(light, dark)`. */
const properties = [...css.matchAll(/^\s*--([\w-]+):\s*([^;]+);/gm)].map(([, name = '', value = '']) => [name, value] as const);
const schemes = { light: scheme(1), dark: scheme(2) };

const PAPERS = ['paper', 'paper-raised', 'paper-sunk'];
const pairs: [string, string, number][] = [
  ...PAPERS.flatMap((paper): [string, string, number][] => [
    ['ink', paper, 7],
    ['ink-soft', paper, 4.5],
    ['accent', paper, 4.5],
    ['edge', paper, 3],
    ['focus', paper, 3],
  ]),
  ['on-accent', 'accent', 4.5],
  ['accent', 'accent-wash', 4.5],
  ['ink', 'accent-wash', 7],
];

describe.each(Object.entries(schemes))('in the %s scheme', (name, scheme) => {
  it.each(pairs)('%s on %s has at least %d:1', (text, paper, least) => {
    expect(contrast(rgb(scheme[text]), rgb(scheme[paper]))).toBeGreaterThanOrEqual(least);
  });

  it('the letters of every face are readable', () => {
    for (let hue = 0; hue < 360; hue += 30) {
      const ratio = contrast(rgb(scheme[`face-ink-${name}`], hue), rgb(scheme[`face-paper-${name}`], hue));
      expect(ratio, `hue ${hue}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});

function scheme(which: 1 | 2): Record<string, string> {
  return Object.fromEntries(
    properties.map(([name, value]) => [name, /^light-dark\(([^,]+), ([^,]+)\)$/.exec(value)?.[which] ?? value]),
  );
}

/** Linear light, 0 to 1. */
function rgb(color: string | undefined, hue = 0): number[] {
  const hex = /^#([0-9a-f]{6})$/.exec(color ?? '')?.[1];
  if (hex !== undefined) return [0, 2, 4].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
  const [lightness = NaN, chroma = NaN] = (color ?? '').split(' ').map(Number);
  return fromOklch(lightness, chroma, (hue * Math.PI) / 180);
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** CSS Color 4, section 9.3 (Oklab to linear sRGB), what lies outside cut off. */
function fromOklch(lightness: number, chroma: number, hue: number): number[] {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((value) => Math.min(1, Math.max(0, value)));
}

function contrast(one: number[], other: number[]): number {
  const [brighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}

function luminance([red = 0, green = 0, blue = 0]: number[]): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
