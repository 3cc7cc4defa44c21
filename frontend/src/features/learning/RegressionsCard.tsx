/** The test patients a candidate does worse on, worst first: pictures where the server has them, numbers always. */
import { IconMoodCheck, IconScale } from '@tabler/icons-react';
import { Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { EmptyState } from '@/ui/States';
import { metric, signed } from '@/features/learning/format';
import classes from '@/features/learning/learning.module.css';
import type { Learning, Regression } from '@/features/learning/types';
import { isFirstModelGate, versionText } from '@/features/learning/verdict';

const PICTURES_SHOWN = 3;
const ROWS_SHOWN = 6;

interface PairTexts {
  active: string;
  candidate: string;
  labelName: (key: string) => string;
}

function Picture({ url, version, pseudonym }: { url: string; version: string; pseudonym: string }) {
  const { t } = useTranslation('learning');
  return (
    <div className={classes.picture}>
      <img src={url} alt={t('regressions.image_alt', { version, pseudonym })} loading="lazy" />
      <span className={classes.pictureTag}>{version}</span>
    </div>
  );
}

function PicturePair({ regression, texts }: { regression: Regression; texts: PairTexts }) {
  const { images } = regression;
  if (images === null) return null;
  return (
    <figure className={classes.pair}>
      <div className={classes.pairPictures}>
        <Picture url={images.active_url} version={texts.active} pseudonym={regression.pseudonym} />
        <Picture url={images.candidate_url} version={texts.candidate} pseudonym={regression.pseudonym} />
      </div>
      <figcaption>
        <div className={classes.pairLine}>
          <strong>{regression.pseudonym}</strong>
          <span className={classes.loss}>{signed(regression.delta)}</span>
        </div>
        <div className={classes.pairSub}>
          <span>{texts.labelName(regression.label_key)}</span>
          <span>{`${metric(regression.active)} → ${metric(regression.candidate)}`}</span>
        </div>
      </figcaption>
    </figure>
  );
}

function RegressionTable({ regressions, texts }: { regressions: readonly Regression[]; texts: PairTexts }) {
  const { t } = useTranslation('learning');
  return (
    <table className={classes.plainTable}>
      <thead>
        <tr>
          <th scope="col">{t('regressions.patient')}</th>
          <th scope="col">{t('regressions.label')}</th>
          <th scope="col" className={classes.right}>{texts.active}</th>
          <th scope="col" className={classes.right}>{texts.candidate}</th>
          <th scope="col" className={classes.right}>{t('regressions.change')}</th>
        </tr>
      </thead>
      <tbody>
        {regressions.map((regression) => (
          <tr key={`${regression.case_id}-${regression.label_key}`}>
            <th scope="row">{regression.pseudonym}</th>
            <td>{texts.labelName(regression.label_key)}</td>
            <td className={classes.right}>{metric(regression.active)}</td>
            <td className={classes.right}>{metric(regression.candidate)}</td>
            <td className={`${classes.right} ${classes.loss}`}>{signed(regression.delta)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Legend() {
  const { t } = useTranslation('learning');
  return (
    <div className={classes.legend}>
      <span><i className={classes.legendReference} />{t('regressions.reference')}</span>
      <span><i className={classes.legendModel} />{t('regressions.model')}</span>
    </div>
  );
}

function RegressionsBody({ regressions, texts, isFirst }: { regressions: readonly Regression[]; texts: PairTexts; isFirst: boolean }) {
  const { t } = useTranslation('learning');
  if (isFirst) {
    return <div className={classes.fill}><EmptyState icon={<IconScale size={24} stroke={1.6} aria-hidden />} title={t('regressions.first_title')} text={t('regressions.first_text')} /></div>;
  }
  if (regressions.length === 0) {
    return <div className={classes.fill}><EmptyState icon={<IconMoodCheck size={24} stroke={1.6} aria-hidden />} title={t('regressions.none')} /></div>;
  }
  const pictured = regressions.filter((regression) => regression.images !== null).slice(0, PICTURES_SHOWN);
  if (pictured.length === 0) return <RegressionTable regressions={regressions.slice(0, ROWS_SHOWN)} texts={texts} />;
  return (
    <>
      <Legend />
      <div className={classes.pairs}>
        {pictured.map((regression) => <PicturePair key={`${regression.case_id}-${regression.label_key}`} regression={regression} texts={texts} />)}
      </div>
    </>
  );
}

export function RegressionsCard({ learning, labelName }: { learning: Learning; labelName: (key: string) => string }) {
  const { t } = useTranslation('learning');
  const [isOpen, setIsOpen] = useState(false);
  const model = learning.candidate ?? learning.active;
  const regressions = model?.regressions ?? [];
  const texts = {
    active: learning.candidate !== null && learning.active !== null ? versionText(learning.active.version) : t('verdict.before'),
    candidate: model === null ? '' : versionText(model.version),
    labelName,
  };
  const patients = new Set(regressions.map((regression) => regression.case_id)).size;
  return (
    <Card className={classes.lowerCard}>
      <header className={classes.lowerHead}>
        <h2 className={classes.cardTitle}>{t('regressions.title')}</h2>
        {regressions.length > 0 ? <span className={classes.cardMeta}>{t('regressions.count', { count: patients, n: model?.gate?.overall.n ?? 0 })}</span> : null}
        <span className={classes.spacer} />
        {regressions.length > PICTURES_SHOWN ? (
          <Button kind="quiet" size="small" className={classes.linkButton ?? ''} onClick={() => setIsOpen(true)}>
            {t('button.all', { count: regressions.length })}
          </Button>
        ) : null}
      </header>
      {model === null || model.gate === null ? (
        <div className={classes.fill}>
          <EmptyState icon={<IconScale size={24} stroke={1.6} aria-hidden />} title={t('regressions.empty_title')} text={t('regressions.empty_text')} />
        </div>
      ) : (
        <RegressionsBody regressions={regressions} texts={texts} isFirst={isFirstModelGate(model.gate)} />
      )}
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} size="lg" title={t('regressions.all_title', { version: texts.candidate })}>
        <RegressionTable regressions={regressions} texts={texts} />
      </Modal>
    </Card>
  );
}
