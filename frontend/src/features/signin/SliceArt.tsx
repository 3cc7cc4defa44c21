/** A drawn slice, not a patient's: one dashed outline by a model, one solid by a reader. Shows the product's idea at the door. */
export function SliceArt() {
  return (
    <svg viewBox="0 0 640 640" role="presentation" style={{ width: '100%', maxWidth: 620, display: 'block' }}>
      <defs>
        <radialGradient id="tissue" cx="50%" cy="46%" r="56%">
          <stop offset="0" stopColor="#8b9096" />
          <stop offset="0.55" stopColor="#6a6f76" />
          <stop offset="0.88" stopColor="#484d54" />
          <stop offset="1" stopColor="#23272c" />
        </radialGradient>
        <radialGradient id="lesion" cx="50%" cy="50%" r="50%">
          <stop offset="0" stopColor="#4b4f55" />
          <stop offset="0.5" stopColor="#8d9299" />
          <stop offset="0.72" stopColor="#d6d9dd" />
          <stop offset="0.84" stopColor="#b9bdc3" />
          <stop offset="1" stopColor="#7a8087" stopOpacity="0" />
        </radialGradient>
        <filter id="soft" x="-20%" y="-20%" width="140%" height="140%">
          <feGaussianBlur stdDeviation="5" />
        </filter>
        <filter id="grain" x="0" y="0" width="100%" height="100%">
          <feTurbulence type="fractalNoise" baseFrequency="0.05 0.055" numOctaves="4" seed="12" result="noise" />
          <feColorMatrix in="noise" type="matrix" values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -1.5 0.95" result="shade" />
          <feComposite in="shade" in2="SourceGraphic" operator="in" />
        </filter>
      </defs>
      <ellipse cx="320" cy="322" rx="236" ry="284" fill="#101317" />
      <ellipse cx="320" cy="322" rx="232" ry="280" fill="none" stroke="#b9bec4" strokeWidth="9" opacity="0.8" filter="url(#soft)" />
      <ellipse cx="320" cy="324" rx="206" ry="252" fill="url(#tissue)" filter="url(#soft)" />
      <ellipse cx="320" cy="324" rx="206" ry="252" fill="#000" filter="url(#grain)" opacity="0.55" />
      <path d="M320 78 C316 160 324 250 320 330 C316 420 324 500 320 566" stroke="#15181c" strokeWidth="5" fill="none" filter="url(#soft)" />
      <g fill="#0c0e11" filter="url(#soft)" opacity="0.95">
        <path d="M306 240 C270 216 250 250 268 300 C280 334 296 352 304 372 C312 330 314 280 306 240Z" />
        <path d="M334 240 C370 216 390 250 372 300 C360 334 344 352 336 372 C328 330 326 280 334 240Z" />
      </g>
      <ellipse cx="430" cy="398" rx="62" ry="54" fill="url(#lesion)" filter="url(#soft)" />
      <path
        d="M371 396 C372 352 412 332 448 342 C486 352 504 384 492 418 C480 452 432 464 400 448 C382 438 371 420 371 396Z"
        fill="#FF9F2E"
        fillOpacity="0.08"
        stroke="#000"
        strokeOpacity="0.5"
        strokeWidth="6"
      />
      <path
        d="M371 396 C372 352 412 332 448 342 C486 352 504 384 492 418 C480 452 432 464 400 448 C382 438 371 420 371 396Z"
        fill="none"
        stroke="#FF9F2E"
        strokeWidth="3"
        strokeDasharray="10 7"
      />
      <path d="M196 196 C214 176 246 182 250 206 C254 232 226 248 206 236 C190 226 186 210 196 196Z" fill="#4DB4F5" fillOpacity="0.1" stroke="#4DB4F5" strokeWidth="3" />
      <g fontFamily="var(--mr-font)" fontSize="14" fill="#F2D98B" fontWeight="500">
        <text x="320" y="26" textAnchor="middle">{'A'}</text>
        <text x="320" y="634" textAnchor="middle">{'P'}</text>
        <text x="60" y="326" textAnchor="middle">{'R'}</text>
        <text x="580" y="326" textAnchor="middle">{'L'}</text>
      </g>
    </svg>
  );
}
