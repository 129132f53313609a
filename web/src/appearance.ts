/** Light, dark, or as the system is: chosen on this device, in force before the first page is drawn. */
export type Appearance = 'system' | 'light' | 'dark';

const CHOICE = 'voxhall.appearance';

export function chosenAppearance(): Appearance {
  const chosen = localStorage.getItem(CHOICE);
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function chooseAppearance(appearance: Appearance): void {
  if (appearance === 'system') localStorage.removeItem(CHOICE);
  else localStorage.setItem(CHOICE, appearance);
  applyAppearance();
}

export function applyAppearance(): void {
  const chosen = chosenAppearance();
  if (chosen === 'system') delete document.documentElement.dataset['scheme'];
  else document.documentElement.dataset['scheme'] = chosen;
}
