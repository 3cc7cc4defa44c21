/** The mark: a ring half drawn by a model (violet, dashed) and half by a person (blue, solid) around one point. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path d="M12 3a9 9 0 1 1-7.8 13.5" stroke="var(--mr-action)" strokeWidth="2.4" strokeLinecap="round" />
      <path d="M3.2 13.2A9 9 0 0 1 12 3" stroke="var(--mr-suggestion)" strokeWidth="2.4" strokeLinecap="round" strokeDasharray="2.6 4" />
      <circle cx="12" cy="12" r="2.4" fill="var(--mr-text)" />
    </svg>
  );
}
