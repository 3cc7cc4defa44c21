/** A 12 px label swatch. Line says who: dashed = a model's suggestion, solid = a person decided. */
export function Swatch({ colour, dashed = false, filled = false, size = 12 }: { colour: string; dashed?: boolean; filled?: boolean; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden="true" style={{ flex: 'none' }}>
      <rect
        x="1"
        y="1"
        width="10"
        height="10"
        rx="2.5"
        fill={filled ? colour : 'none'}
        stroke={colour}
        strokeWidth="1.8"
        {...(dashed ? { strokeDasharray: '3.2 2.2' } : {})}
      />
    </svg>
  );
}

/** The label colours in order; from the eleventh on they repeat. */
export const LABEL_COLOURS = ['#FF9F2E', '#4DB4F5', '#CC66A2', '#25936A', '#FFF53A', '#F22A30', '#6B6EFF', '#A9C98D', '#25E6CC', '#FFFFFF'] as const;
