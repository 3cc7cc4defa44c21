// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DecisionBar, type DecisionBarProps } from '@/features/review/DecisionBar';

beforeEach(() => vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true));

let unmount: () => void = () => undefined;
afterEach(() => unmount());

function draw(props: Partial<DecisionBarProps> = {}): HTMLElement {
  const host = document.createElement('div');
  const root = createRoot(host);
  act(() =>
    root.render(
      <MantineProvider>
        <DecisionBar blocked={null} stateText="approved" openComments={0} isOwnAllowed={false} onDecide={() => undefined} {...props} />
      </MantineProvider>,
    ),
  );
  unmount = () => act(() => root.unmount());
  return host;
}

const buttons = (host: HTMLElement): HTMLButtonElement[] => [...host.querySelectorAll('button')];

describe('decision bar', () => {
  it.each([null, 'own_reading', 'already_decided', 'busy'] as const)('keeps four buttons in the same order (blocked: %s)', (blocked) => {
    const texts = buttons(draw({ blocked })).map((button) => button.textContent);
    expect(texts.map((text) => text.replace(/[⇧].*|Ctrl.*/u, ''))).toEqual(['Reject', 'Return with reasons', 'Edit and approve', 'Approve and next']);
  });

  it('says why nothing can be decided and disables all four', () => {
    const host = draw({ blocked: 'own_reading' });
    expect(host.textContent).toContain('your own reading');
    expect(buttons(host).every((button) => button.disabled)).toBe(true);
  });

  it('passes on which button was pressed', () => {
    const onDecide = vi.fn();
    const host = draw({ onDecide });
    act(() => buttons(host).forEach((button) => button.click()));
    expect(onDecide.mock.calls.map(([kind]) => kind as string)).toEqual(['reject', 'return', 'edit', 'approve']);
  });

  it('counts the open comments beside the decisions', () => {
    expect(draw({ openComments: 2 }).textContent).toContain('2 open comments');
  });
});
