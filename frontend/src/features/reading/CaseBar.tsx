/** The 48 px bar over the case: the way back, who it is, how it is looked at, and whether the work is saved. */
import { Menu, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp, IconChevronDown, IconChevronLeft, IconLayoutSidebarRight } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMe, useProjectBySlug } from '@/api/hooks';
import type { Reading } from '@/api/readingTypes';
import { run } from '@/editor/commands';
import { applyPreset, presetAt } from '@/editor/viewing';
import { activeStack } from '@/editor/workbench';
import { isReviewEdit, reviewUrl } from '@/features/review/approveEdited';
import { Chip } from '@/ui/Chip';
import { formatClock, formatDate } from '@/ui/format';
import { Key } from '@/ui/Key';
import { SaveState } from '@/ui/SaveState';
import { saveStatus } from './saveStatus';
import { useBench, useRoom } from './useEditor';
import classes from './reading.module.css';

export function CaseBar() {
  const { t } = useTranslation('reading');
  const reading = useBench((bench) => bench.reading);
  const save = useBench((bench) => bench.save);
  const me = useMe().data;
  return (
    <header className={classes.caseBar}>
      <Link to={isReviewEdit(reading) ? reviewUrl(reading.project_slug, reading.id) : `/p/${reading.project_slug}/worklist`} className={classes.back ?? ''}>
        <IconChevronLeft size={16} stroke={1.6} aria-hidden />
        {t(isReviewEdit(reading) ? 'review:back' : 'bar.queue')}
      </Link>
      <span className={classes.barLine} />
      <Who reading={reading} />
      <span className={classes.grow} />
      <HistoryButtons />
      <span className={classes.barLine} />
      <PresetMenu />
      <LayoutButton />
      <span className={classes.barLine} />
      <SaveState status={saveStatus(save)} />
      <Clock />
      {reading.position.of > 0 ? <span className={classes.meta}>{t('bar.position', reading.position)}</span> : null}
      {me ? <span className={classes.avatar}>{me.initials}</span> : null}
    </header>
  );
}

function Who({ reading }: { reading: Reading }) {
  const { t } = useTranslation('reading');
  const { pseudonym, sex, age, description, study_date: date, is_demo: demo } = reading.case;
  const project = useProjectBySlug(reading.project_slug);
  const person = [sex, age ? t('bar.age', { age }) : ''].filter(Boolean).join(', ');
  return (
    <>
      <h1 className={classes.pseudonym}>{pseudonym}</h1>
      {person ? <span className={classes.meta}>{person}</span> : null}
      <span className={`${classes.meta} ${classes.ellipsis}`}>{[description, formatDate(date)].filter(Boolean).join(', ')}</span>
      {project ? <Chip outlined>{project.name}</Chip> : null}
      {demo ? <Chip tone="neutral">{t('bar.demo')}</Chip> : null}
    </>
  );
}

function HistoryButtons() {
  const { t } = useTranslation('reading');
  const { editor, effects } = useRoom();
  const canUndo = useBench((bench) => bench.draft.can_undo && bench.editable);
  const canRedo = useBench((bench) => bench.draft.can_redo && bench.editable);
  const button = (id: 'undo' | 'redo', possible: boolean, symbol: React.ReactNode, keys: string) => (
    <Tooltip label={`${t(`command.${id}`)}  ${keys}`} openDelay={400}>
      <button type="button" className={classes.iconButton} aria-label={t(`command.${id}`)} disabled={!possible} data-command={id} onClick={() => run(id, editor, effects)}>
        {symbol}
      </button>
    </Tooltip>
  );
  return (
    <>
      {button('undo', canUndo, <IconArrowBackUp size={18} stroke={1.6} aria-hidden />, 'Ctrl Z')}
      {button('redo', canRedo, <IconArrowForwardUp size={18} stroke={1.6} aria-hidden />, 'Ctrl Y')}
    </>
  );
}

function PresetMenu() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const stack = useBench(activeStack);
  const window = useBench((bench) => bench.windows[bench.stackId]);
  const presets = stack?.window_presets ?? [];
  const chosen = window ? presets.find(({ center, width }) => center === window.center && width === window.width) : presets[0];
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <button type="button" className={classes.barButton} data-testid="presets">
          <span className={classes.dim}>{t('bar.window')}</span> {chosen?.name ?? t(window ? 'bar.windowOwn' : 'bar.windowDefault')}
          <IconChevronDown size={14} stroke={1.6} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item rightSection={<Key k="0" />} onClick={() => applyPreset(editor, 0)}>
          {t('bar.windowDefault')}
        </Menu.Item>
        {stack
          ? [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => {
              const preset = presetAt(stack, digit);
              return preset ? (
                <Menu.Item key={digit} rightSection={<Key k={String(digit)} />} onClick={() => applyPreset(editor, digit)}>
                  {preset.name}
                </Menu.Item>
              ) : null;
            })
          : null}
      </Menu.Dropdown>
    </Menu>
  );
}

function LayoutButton() {
  const { t } = useTranslation('reading');
  const { editor, effects } = useRoom();
  const layout = useBench((bench) => bench.layout);
  return (
    <button type="button" className={classes.barButton} onClick={() => run('layout', editor, effects)} aria-label={t('command.layout')} data-testid="layout">
      <IconLayoutSidebarRight size={16} stroke={1.6} aria-hidden />
      {t(`bar.layout.${layout}`)}
      <Key k="G" />
    </button>
  );
}

/** Working time on this case, pauses left out. */
function Clock() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className={classes.meta} role="timer" aria-label={t('bar.elapsed')}>
      {t('bar.minutes', { time: formatClock(editor.costs.elapsedNow()) })}
    </span>
  );
}
