/**
 * Runs in the measured page and gives it window.bench: what the list paints at each frame, while the bench scrolls.
 * A frame is judged in its animation callback, when the page has done its work for it.
 */
(() => {
  /** The plain page has a box of its own. */
  const box = document.querySelector('[role=treegrid], #plain');
  const list = box?.getAttribute('role') === 'treegrid';

  /** Rows that the box has room for in sight, and how many of them stand there with content. */
  function inSight() {
    const { top, bottom } = box.getBoundingClientRect();
    const head = box.querySelector('[role=rowgroup].head')?.getBoundingClientRect().bottom ?? top;
    let real = 0;
    let height = 0;
    for (const row of box.querySelectorAll('[role=rowgroup].body [role=row]')) {
      const place = row.getBoundingClientRect();
      height ||= place.height;
      if (place.bottom > head && place.top < bottom && !row.classList.contains('waiting')) real++;
    }
    const rows = Number(box.getAttribute('aria-rowcount')) - 1;
    const room = height === 0 ? 1 : Math.min(rows, Math.floor((bottom - head) / height));
    return { room, real: Math.min(real, room) };
  }

  let running = null;

  /** Notes each frame until `stop`. */
  function start() {
    const frames = [];
    const mine = { frames };
    running = mine;
    let before = null;
    let scrolled = box.scrollTop;
    const frame = (now) => {
      if (running !== mine) return;
      const moved = box.scrollTop !== scrolled;
      scrolled = box.scrollTop;
      // Frames in which nothing moves cost nothing, and say nothing.
      if (before !== null && moved) frames.push({ ms: now - before, ...(list ? inSight() : { room: 1, real: 1 }) });
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  function stop() {
    const { frames } = running;
    running = null;
    return frames;
  }

  /** Jumps to a share of the list; resolves with the ms until every row in sight is real. */
  function jump(share) {
    return new Promise((resolve) => {
      const begun = performance.now();
      box.scrollTop = share * (box.scrollHeight - box.clientHeight);
      const frame = () => {
        const { room, real } = inSight();
        if (real < room && performance.now() - begun < 10_000) requestAnimationFrame(frame);
        else resolve(performance.now() - begun);
      };
      requestAnimationFrame(frame);
    });
  }

  const middle = () => {
    const { left, top, width, height } = box.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  };

  window.bench = { start, stop, jump, middle, toTop: () => box.scrollTo(0, 0) };
})();
