import type { CSSProperties, ReactNode } from 'react';
import classes from './ui.module.css';

export interface CardProps {
  title?: ReactNode;
  meta?: ReactNode;
  right?: ReactNode;
  children?: ReactNode;
  style?: CSSProperties;
  className?: string | undefined;
}

/** A surface with a head line: title at the left, meta beside it, `right` at the far end. */
export function Card({ title, meta, right, children, style, className }: CardProps) {
  return (
    <section className={`${classes.card} ${className ?? ''}`} style={style}>
      {title ? (
        <header className={classes.cardHead}>
          <h2 className={classes.cardTitle}>{title}</h2>
          {meta ? <span className={classes.cardMeta}>{meta}</span> : null}
          {right ? <span style={{ marginLeft: 'auto' }}>{right}</span> : null}
        </header>
      ) : null}
      {children}
    </section>
  );
}

/** The small grey head of a part of a side panel. */
export function SectionTitle({ children }: { children: ReactNode }) {
  return <h3 className={classes.sectionTitle}>{children}</h3>;
}
