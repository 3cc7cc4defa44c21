import { Modal, Select, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ApiError } from '@/api/client';
import { useCreateProject } from '@/api/hooks';
import type { LabelKind } from '@/api/types';
import { Button } from '@/ui/Button';
import { LABEL_COLOURS, Swatch } from '@/ui/Swatch';
import { labelInputs, type LabelRow } from './labels';
import classes from './projects.module.css';

const KINDS: LabelKind[] = ['segment', 'box', 'tag'];
const FIRST: LabelRow[] = [{ name: '', kind: 'segment' }];

/** A new project: its name and what may be marked in it. Labels can be changed later as a new version. */
export function NewProjectDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('common');
  const navigate = useNavigate();
  const create = useCreateProject();
  const [name, setName] = useState('');
  const [rows, setRows] = useState<LabelRow[]>(FIRST);
  const change = (index: number, part: Partial<LabelRow>) => setRows(rows.map((row, at) => (at === index ? { ...row, ...part } : row)));
  const labels = labelInputs(rows, LABEL_COLOURS);
  const save = () =>
    create.mutate(
      { name: name.trim(), labels },
      {
        onSuccess: (project) => {
          onClose();
          navigate(`/p/${project.slug}/data`);
        },
      },
    );
  return (
    <Modal opened={opened} onClose={onClose} title={t('nav.newProject')} size={520} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && labels.length > 0) save();
        }}
      >
        <TextInput label={t('projects.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus required withAsterisk={false} />
        <fieldset className={classes.labels}>
          <legend>{t('projects.labels')}</legend>
          {rows.map((row, index) => (
            <div key={index} className={classes.labelRow}>
              <Swatch colour={LABEL_COLOURS[index % LABEL_COLOURS.length] ?? '#FF9F2E'} />
              <TextInput
                aria-label={t('projects.labelName', { number: index + 1 })}
                placeholder={t('projects.labelExample')}
                value={row.name}
                onChange={(event) => change(index, { name: event.currentTarget.value })}
              />
              <Select
                aria-label={t('projects.labelKind', { number: index + 1 })}
                data={KINDS.map((kind) => ({ value: kind, label: t(`labelKind.${kind}`) }))}
                value={row.kind}
                allowDeselect={false}
                onChange={(kind) => change(index, { kind: (kind ?? 'segment') as LabelKind })}
              />
              <Button kind="icon" aria-label={t('projects.removeLabel', { number: index + 1 })} disabled={rows.length === 1} onClick={() => setRows(rows.filter((_, at) => at !== index))}>
                <IconTrash size={16} stroke={1.6} aria-hidden />
              </Button>
            </div>
          ))}
          <Button size="small" kind="quiet" icon={<IconPlus size={16} stroke={1.6} aria-hidden />} onClick={() => setRows([...rows, { name: '', kind: 'segment' }])}>
            {t('projects.addLabel')}
          </Button>
        </fieldset>
        <p className={classes.problem} role="alert">
          {create.error instanceof ApiError ? create.error.message || t('error.server.text') : null}
        </p>
        <div className={classes.actions}>
          <Button kind="quiet" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" kind="primary" disabled={create.isPending || !name.trim() || labels.length === 0}>
            {t('projects.create')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
