/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page is whole without this: here the chosen cell is shown alone, with its charts.
 * bench/dashboard/data.c describes what is in #data. Nothing is ever put into the page as HTML.
 */
'use strict';
(() => {
	const data = JSON.parse(document.getElementById('data').textContent);
	const [A, B] = data.sides;
	const dashes = [[], [7, 3], [3, 3], [1, 3]];
	const wide = { p50: 2.2, other: 1.3 };
	let charts = [];
	let figure = 0;

	const colour = (name) =>
		getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
	const digits = (value) => (value < 9.995 ? 2 : value < 999.5 ? 1 : 0);
	const thousands = (ns) => (ns == null ? '–' : (ns / 1000).toLocaleString('en', {
		minimumFractionDigits: digits(ns / 1000), maximumFractionDigits: digits(ns / 1000) }));

	/* Ticks of a logarithmic axis: 1, 2, 5 of each decade, or round steps where it is short. */
	function ticks(low, high) {
		const list = [];
		if (high / low > 4) {
			for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10)
				for (const digit of high / low > 1000 ? [1] : [1, 2, 5])
					list.push(digit * decade);
		} else {
			const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
			const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
			for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step)
				list.push(tick);
		}
		return list.filter((tick) => tick >= low && tick <= high);
	}

	function range(lists) {
		let low = Infinity, high = -Infinity;
		for (const list of lists)
			for (const value of list)
				if (value > 0) {
					low = Math.min(low, value);
					high = Math.max(high, value);
				}
		return low <= high ? [low / 1.12, high * 1.12] : [1, 10];
	}

	function axis(more) {
		return { stroke: colour('soft'), font: '12px ' + colour('sans'),
			grid: { stroke: colour('rule'), width: 1 },
			ticks: { stroke: colour('rule'), width: 1, size: 5 }, ...more };
	}

	function valueAxis(limits) {
		return axis({ scale: 'y', size: 62, splits: () => ticks(...limits),
			filter: (u, splits) => splits, values: (u, splits) => splits.map((ns) =>
				(ns / 1000).toLocaleString('en', { maximumSignificantDigits: 4 })) });
	}

	/* Where changes are: a band from the last good build to the first bad one. */
	function drawChanges(u, cell) {
		const { ctx, bbox } = u, bands = new Map();
		ctx.save();
		for (const change of cell.changes) {
			const place = [change.suspect, change.to, change.suspect || change.from].join();
			const mark = change.suspect ? '?' : change.ratio > 1 ? '▲' : '▼';
			const band = bands.get(place) || { ...change, marks: '' };
			if (!band.marks.includes(mark))
				band.marks += mark;
			bands.set(place, band);
		}
		for (const change of bands.values()) {
			const from = change.suspect ? change.to - 0.3 : change.from;
			const left = u.valToPos(from, 'x', true);
			const right = u.valToPos(change.suspect ? change.to + 0.3 : change.to, 'x', true);
			const ink = { '▲': 'worse', '▼': 'better', '?': 'unknown' }[change.marks] || 'soft';
			ctx.fillStyle = ctx.strokeStyle = colour(ink);
			ctx.globalAlpha = 0.14;
			ctx.fillRect(left, bbox.top, right - left, bbox.height);
			ctx.globalAlpha = 1;
			ctx.font = `${12 * devicePixelRatio}px ${colour('sans')}`;
			ctx.textAlign = 'center';
			ctx.fillText(change.marks, (left + right) / 2, bbox.top + 13 * devicePixelRatio);
		}
		drawSides(u);
		ctx.restore();
	}

	function drawSides(u) {
		const { ctx, bbox } = u;
		ctx.font = `600 ${12 * devicePixelRatio}px ${colour('sans')}`;
		ctx.textAlign = 'center';
		for (const [build, name] of A === B ? [[B, 'B']] : [[A, 'A'], [B, 'B']]) {
			const x = u.valToPos(build, 'x', true);
			ctx.strokeStyle = ctx.fillStyle = colour(name.toLowerCase());
			ctx.setLineDash([2, 3]);
			ctx.beginPath();
			ctx.moveTo(x, bbox.top);
			ctx.lineTo(x, bbox.top + bbox.height);
			ctx.stroke();
			ctx.fillText(name, x, bbox.top - 5 * devicePixelRatio);
		}
	}

	/* A figure that needs more faults has no series, and none is drawn. */
	function series(cell) {
		const inks = ['b', 'ink', 'soft', 'worse'];
		return cell.series.map((list, i) => list.length && ({ label: data.figures[i], stroke: colour(inks[i]),
			width: i === figure ? wide.p50 : wide.other, dash: dashes[i], spanGaps: true,
			value: (u, ns) => thousands(ns),
			points: { show: list.length < 80, size: 5, fill: colour('paper') } }))
			.filter(Boolean);
	}

	function drawTimeline(place, cell) {
		const limits = range(cell.series);
		const options = {
			width: place.parentNode.clientWidth, height: 280, padding: [22, 12, 0, 0],
			scales: { x: { time: false, range: () => [-0.4, data.builds.length - 0.6] },
				y: { distr: 3, range: () => limits } },
			axes: [axis({ space: 90, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
				values: (u, splits) => splits.map((i) => short(data.builds[i])) }),
				valueAxis(limits)],
			series: [{ label: 'build', value: (u, i) => (i == null ? '–' : data.builds[i]) },
				...series(cell)],
			cursor: { y: false, drag: { x: false, y: false } },
			hooks: { draw: [(u) => drawChanges(u, cell)] },
		};
		const rows = cell.series.filter((list) => list.length);
		add(place, options, [data.builds.map((_, i) => i), ...rows],
			`${data.unit} by build, logarithmic. Left and right arrow keys go from build to build.`);
	}

	const short = (name) => (name == null ? '' : name.length > 16 ? name.slice(0, 15) + '…' : name);

	/* Of x faults one takes as long, or longer: x is 2 at p50, 100 at p99. */
	function percentile(x) {
		return x <= 1 ? 'min' : 'p' + String(+(100 - 100 / x).toFixed(6));
	}

	function drawCurves(place, cell) {
		const curves = cell.curves.map((curve) => curve || [[], []]);
		if (!curves[0][0].length && !curves[1][0].length)
			return;
		const limits = range(curves.map((curve) => curve[1]));
		const most = Math.max(2, ...curves.map((curve) => curve[0].at(-1) || 1));
		const stepped = uPlot.paths.stepped({ align: 1 });
		const line = (name, build, ink, dash) => ({ label: `${name} ${short(data.builds[build])}`,
			stroke: colour(ink), width: 1.8, dash, spanGaps: true, paths: stepped,
			points: { show: false }, value: (u, ns) => thousands(ns) });
		const options = {
			width: Math.min(place.parentNode.clientWidth, 720), height: 260, padding: [12, 16, 0, 0],
			scales: { x: { time: false, distr: 3, range: () => [1, most * 1.3] },
				y: { distr: 3, range: () => limits } },
			axes: [axis({ splits: () => [1, 2, 10, 100, 1000, 10000, 100000].filter((x) => x <= most),
				filter: (u, splits) => splits, values: (u, splits) => splits.map(percentile) }),
				valueAxis(limits)],
			series: [{ label: 'at', value: (u, x) => (x == null ? '–' : percentile(x)) },
				line('A', A, 'a', []), line('B', B, 'b', [])],
			cursor: { y: false, drag: { x: false, y: false } },
		};
		add(place, options, uPlot.join(curves.map((curve) => [curve[0], curve[1]])),
			`${data.unit} by percentile, both logarithmic: A grey, B blue.`);
	}

	function add(place, options, rows, says) {
		const note = document.createElement('p');
		note.className = 'note';
		note.textContent = says;
		place.append(note);
		const chart = new uPlot(options, rows, place);
		place.tabIndex = 0;
		place.setAttribute('role', 'group');
		place.setAttribute('aria-label', says);
		charts.push({ chart, place, most: options.width });
	}

	/* Arrow keys move the cursor, and what is there is spoken. */
	function step(event) {
		const found = charts.find((entry) => entry.place === event.currentTarget);
		const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
		if (!found || !by)
			return;
		const u = found.chart, last = u.data[0].length - 1;
		const index = Math.min(last, Math.max(0, (found.at ?? (by > 0 ? -1 : last + 1)) + by));
		found.at = index;
		u.setCursor({ left: u.valToPos(u.data[0][index], 'x'), top: 10 });
		document.getElementById('spoken').textContent = u.series.map((one, i) =>
			`${one.label} ${one.value(u, u.data[i][index])}`).join(', ');
		event.preventDefault();
	}

	function clear() {
		for (const { chart, place } of charts) {
			chart.destroy();
			place.replaceChildren();
		}
		charts = [];
	}

	function draw() {
		const article = document.querySelector('.cell.chosen');
		clear();
		if (!article)
			return;
		const cell = data.cells[+article.id.slice(1)];
		drawTimeline(article.querySelector('.timeline'), cell);
		drawCurves(article.querySelector('.curves'), cell);
	}

	function choose(id) {
		const article = document.getElementById(id);
		for (const old of document.querySelectorAll('.chosen'))
			old.classList.remove('chosen');
		article.classList.add('chosen');
		for (const link of document.querySelectorAll(`.verdict[href="#${id}"]`))
			link.classList.add('chosen');
		draw();
		return article;
	}

	const isCell = (hash) => /^#c\d+$/.test(hash) && document.querySelector('article' + hash);

	function go() {
		if (!isCell(location.hash))
			return;
		const article = choose(location.hash.slice(1));
		article.scrollIntoView();
		article.focus({ preventScroll: true });
	}

	/* A link to a cell, from the matrix or from an event, says which figure was meant. */
	function follow(event) {
		const link = event.target.closest('a[data-figure]');
		if (!link)
			return;
		figure = Math.min(+link.dataset.figure, data.figures.length);
		const tab = document.querySelector(`.tabs input[value="${link.dataset.figure}"]`);
		if (tab)
			tab.checked = true;
		if (link.hash === location.hash) {
			event.preventDefault();
			go();
		}
	}

	function addCopyButtons() {
		for (const code of document.querySelectorAll('.command')) {
			const button = document.createElement('button');
			button.type = 'button';
			button.className = 'copy';
			button.textContent = 'Copy';
			button.setAttribute('aria-label', 'Copy: ' + code.textContent);
			button.addEventListener('click', () => copy(code, button));
			code.after(button);
		}
	}

	async function copy(code, button) {
		try {
			await navigator.clipboard.writeText(code.textContent);
			button.textContent = 'Copied';
		} catch {
			/* From file:// some browsers refuse: then it is selected, for the user's own key. */
			getSelection().selectAllChildren(code);
			button.textContent = 'Selected';
		}
		setTimeout(() => { button.textContent = 'Copy'; }, 2000);
	}

	function resize() {
		for (const { chart, place, most } of charts) {
			const width = place.classList.contains('curves') ? Math.min(place.clientWidth, 720)
				: place.clientWidth;
			if (width > 0 && width !== chart.width)
				chart.setSize({ width, height: chart.height });
		}
	}

	/* Without a choice: the first cell that is worse, else one that changed at all. */
	function first() {
		for (const what of ['.verdict.worse', '.verdict.better', '.event a', '.verdict'])
			if (document.querySelector(what))
				return document.querySelector(what).hash.slice(1);
		return null;
	}

	document.documentElement.classList.add('scripted');
	document.addEventListener('click', follow);
	addEventListener('hashchange', go);
	addEventListener('resize', resize);
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
	addCopyButtons();
	for (const place of document.querySelectorAll('.chart'))
		place.addEventListener('keydown', step);
	if (isCell(location.hash))
		go();
	else if (first())
		choose(first());
})();
