/** The learning curve: what each model scored against how many readings it had learned from. */
import { IconChartLine } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Card } from '@/ui/Card';
import { EmptyState } from '@/ui/States';
import { curveLayout, type CurveLayout, type Plotted } from '@/features/learning/curveLayout';
import { metric, percent } from '@/features/learning/format';
import classes from '@/features/learning/learning.module.css';
import { metricName } from '@/features/learning/text';
import type { Learning } from '@/features/learning/types';

const WIDTH_PX = 384;
const HEIGHT_PX = 212;
const FRAME = { left: 32, top: 16, width: WIDTH_PX - 32, height: 168 };
const MARK_PX = 3.5;

function Grid({ layout }: { layout: CurveLayout }) {
  return (
    <g>
      {layout.yTicks.map((tick) => (
        <g key={tick.text}>
          <line x1={FRAME.left - 8} x2={WIDTH_PX} y1={tick.y} y2={tick.y} className={classes.gridLine} />
          <text x={0} y={tick.y + 4} className={classes.axisText}>{tick.text}</text>
        </g>
      ))}
      {layout.xTicks.map((tick) => (
        <text key={tick.text} x={tick.x} y={HEIGHT_PX - 6} textAnchor="middle" className={classes.axisText}>{tick.text}</text>
      ))}
    </g>
  );
}

function ModelPoint({ point, isLast, isNamed }: { point: Plotted; isLast: boolean; isNamed: boolean }) {
  const { t } = useTranslation('learning');
  return (
    <g>
      {point.lowY === point.highY ? null : <line x1={point.x} x2={point.x} y1={point.lowY} y2={point.highY} className={classes.curveWhisker} />}
      <circle cx={point.x} cy={point.y} r={4.5} className={point.isCandidate ? classes.curveCandidate : classes.curveModel}>
        <title>{t('curve.point', { version: point.version, value: metric(point.value), count: point.approved })}</title>
      </circle>
      <text x={point.x} y={Math.min(point.y, point.highY) - 9} textAnchor={isLast ? 'end' : 'middle'} dx={isLast ? 8 : 0} className={classes.curveVersion}>
        {isNamed ? point.version : ''}
        {isLast ? ` ${metric(point.value)}` : ''}
      </text>
    </g>
  );
}

function RandomPoint({ point }: { point: Plotted }) {
  return (
    <g>
      <line x1={point.x} x2={point.x} y1={point.lowY} y2={point.highY} className={classes.randomWhisker} />
      <rect x={point.x - MARK_PX} y={point.y - MARK_PX} width={2 * MARK_PX} height={2 * MARK_PX} className={classes.randomMark}>
        <title>{`${point.version}: ${percent(point.value)}`}</title>
      </rect>
    </g>
  );
}

function Curve({ learning }: { learning: Learning }) {
  const { t } = useTranslation('learning');
  const layout = curveLayout(learning.curve, learning.random_share, FRAME);
  const name = metricName(t, (learning.active ?? learning.candidate)?.metric_name ?? learning.models[0]?.metric_name ?? 'dice');
  return (
    <>
      <div className={classes.legend}>
        <span><i className={classes.legendLine} />{t('curve.metric', { metric: name })}</span>
        {layout.random.length > 0 ? <span><i className={classes.legendDash} />{t('curve.random')}</span> : null}
      </div>
      <svg viewBox={`0 0 ${WIDTH_PX} ${HEIGHT_PX}`} className={classes.curveSvg} role="img" aria-label={t('curve.title')}>
        <Grid layout={layout} />
        <path d={layout.band} className={classes.curveBand} />
        <path d={layout.line} className={classes.curveLine} />
        <path d={layout.randomLine} className={classes.randomLine} />
        {layout.random.map((point) => <RandomPoint key={point.version} point={point} />)}
        {layout.points.map((point, index) => (
          <ModelPoint key={point.version} point={point} isLast={index === layout.points.length - 1} isNamed={layout.named.has(point.version)} />
        ))}
      </svg>
    </>
  );
}

export function CurveCard({ learning }: { learning: Learning }) {
  const { t } = useTranslation('learning');
  const benefit = learning.benefit === 'not_measured' ? t('curve.benefit_not_measured') : t('curve.benefit', { value: learning.benefit });
  return (
    <Card className={classes.lowerCard}>
      <header className={classes.lowerHead}>
        <h2 className={classes.cardTitle}>{t('curve.title')}</h2>
        {learning.curve.length === 1 ? <span className={classes.cardMeta}>{t('curve.one_point')}</span> : null}
      </header>
      {learning.curve.length === 0 ? (
        <div className={classes.fill}>
          <EmptyState icon={<IconChartLine size={24} stroke={1.6} aria-hidden />} title={t('curve.empty_title')} text={t('curve.empty_text')} />
        </div>
      ) : (
        <Curve learning={learning} />
      )}
      <footer className={classes.curveFoot}>
        <span>{learning.curve.length === 0 ? '' : t('curve.approved')}</span>
        <span>{benefit}</span>
      </footer>
    </Card>
  );
}
