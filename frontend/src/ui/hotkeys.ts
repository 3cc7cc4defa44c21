/** Page keys by `event.code` or `event.key`, quiet while somebody types. */
import { useEffect, useRef } from 'react';

export type HotkeyMap = Record<string, (event: KeyboardEvent) => void>;

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range', 'submit', 'file'].includes(target.type);
}

/** 'Ctrl+Shift+KeyS', 'KeyS', '/', '?'. Ctrl stands for Command on a Mac. Layout-free where `code` is used. */
export function matches(combo: string, event: KeyboardEvent): boolean {
  const parts = combo === '+' ? ['+'] : combo.split('+');
  const key = parts[parts.length - 1] ?? '';
  const wantsCtrl = parts.includes('Ctrl');
  if (wantsCtrl !== (event.ctrlKey || event.metaKey)) return false;
  if (parts.includes('Alt') !== event.altKey) return false;
  if (key.length === 1 && !/[a-z0-9]/i.test(key)) return event.key === key;
  if (parts.includes('Shift') !== event.shiftKey) return false;
  return event.code === key || event.key === key;
}

export function useHotkeys(map: HotkeyMap, enabled = true): void {
  const current = useRef(map);
  useEffect(() => {
    current.current = map;
  });
  useEffect(() => {
    if (!enabled) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      const dialog = document.querySelector('[role="dialog"]');
      if (dialog) return;
      const found = Object.entries(current.current).find(([combo]) => matches(combo, event));
      if (!found) return;
      event.preventDefault();
      found[1](event);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [enabled]);
}
