/** Berth's mark and name. */
export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#215db0" />
        <path d="M8 9h16v4H8zM8 15h16v4H8z" fill="#fff" />
        <path
          d="M6 23c2.5 0 2.5 1.6 5 1.6S13.5 23 16 23s2.5 1.6 5 1.6S23.5 23 26 23"
          fill="none"
          stroke="#fff"
          strokeWidth="2"
        />
      </svg>
      <span className="brand-name">Berth</span>
    </span>
  );
}
