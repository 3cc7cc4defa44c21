// Sets the stored colour scheme before the first paint, so that a light page never flashes dark. A file, not inline: the CSP allows no inline scripts.
(function () {
  try {
    var stored = window.localStorage.getItem('medreview-color-scheme') || 'dark';
    var scheme = stored;
    if (stored === 'auto') scheme = window.matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
    document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
  } catch {
    // A browser without storage keeps the dark default.
  }
})();
