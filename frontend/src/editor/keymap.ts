/** Keys to commands, by `event.code`, so that a Chinese or German keyboard finds them in the same place. */
import { COMMANDS, type Command, type Effects } from './commands';
import type { Editor } from './editor';
import { rejectCurrent, REJECT_REASONS } from './judging';

type KeyPress = Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

export function chordOf({ code, ctrlKey, metaKey, shiftKey, altKey }: KeyPress): string {
  const modifiers = [ctrlKey || metaKey ? 'Ctrl' : '', altKey ? 'Alt' : '', shiftKey ? 'Shift' : ''];
  const plain = code.startsWith('Numpad') && /\d$/.test(code) ? `Digit${code.at(-1)}` : code === 'NumpadEnter' ? 'Enter' : code;
  return [...modifiers.filter(Boolean), plain].join('+');
}

export type Keymap = ReadonlyMap<string, Command>;

/** Defaults, with the reader's own keys (`command id → chord`) in their place. Throws when two commands want one key. */
export function buildKeymap(own: Readonly<Record<string, string>> = {}): Keymap {
  const map = new Map<string, Command>();
  for (const one of COMMANDS) {
    const mine = own[one.id];
    for (const chord of mine ? [mine] : one.keys) {
      const other = map.get(chord);
      if (other && other !== one) throw new RangeError(`${chord} belongs to ${other.id} and ${one.id}`);
      map.set(chord, one);
    }
  }
  return map;
}

const TYPING = new Set(['INPUT', 'TEXTAREA', 'SELECT']);

/** True where letters are text: no command then, except those with Ctrl and Escape. */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.tagName) return false;
  if (element.tagName === 'INPUT' && ['radio', 'checkbox', 'button'].includes((element as HTMLInputElement).type)) return false;
  return TYPING.has(element.tagName) || element.isContentEditable;
}

/** Handles one key down; true when it was ours and the browser shall not act on it. */
export function pressKey(event: KeyPress & { repeat: boolean }, map: Keymap, editor: Editor, effects: Effects): boolean {
  const chord = chordOf(event);
  if (editor.state.rejecting && pickReason(chord, editor)) return true;
  const found = map.get(chord);
  if (!found) return false;
  if (editor.state.dialog && !['escape', 'keys'].includes(found.id)) return false;
  if (event.repeat && !found.repeats) return true;
  return performNow(found, editor, effects);
}

function performNow(found: Command, editor: Editor, effects: Effects): boolean {
  const enabled = !found.enabled || found.enabled(editor);
  if (enabled) found.perform(editor, effects);
  return enabled || !found.yields;
}

function pickReason(chord: string, editor: Editor): boolean {
  const digit = /^Digit([1-5])$/.exec(chord)?.[1];
  if (!digit && chord !== 'Enter') return false;
  rejectCurrent(editor, digit ? REJECT_REASONS[Number(digit) - 1] : undefined);
  return true;
}

export function releaseKey(event: KeyPress, map: Keymap, editor: Editor): void {
  for (const one of map.values()) {
    if (one.release && one.keys.some((chord) => chord.endsWith(event.code))) one.release(editor);
  }
}

const NAMES: Readonly<Record<string, string>> = {
  BracketLeft: '[',
  BracketRight: ']',
  Slash: '/',
  Equal: '=',
  Minus: '−',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  Escape: 'Esc',
  Delete: 'Del',
  Backspace: '⌫',
  Shift: '⇧',
};

/** "⇧1", "Ctrl Enter", "?": the keys of a chord as they are printed on a keyboard. */
export function chordCaps(chord: string): string[] {
  if (chord === 'Shift+Slash') return ['?'];
  const caps = chord.split('+').map((part) => NAMES[part] ?? part.replace(/^(Key|Digit)/, ''));
  return caps[0] === '⇧' ? [caps.join('')] : caps;
}
