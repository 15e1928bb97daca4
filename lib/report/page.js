/* Draws a line chart above each table of shares over the weeks, from the table itself: without this script everything can still be read. */
(function () {
	'use strict';
	if (typeof Chart === 'undefined')
		return;

	const LINES = 7; // more cannot be told apart
	const MARKED_WEEKS = 30; // with more, the marks would cover the lines
	const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4], [12, 4, 4, 4]];
	const POINTS = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'cross', 'crossRot'];
	const still = matchMedia('(prefers-reduced-motion: reduce)');
	const charts = [];
	const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

	const nameWidth = chart => Math.min(170, Math.round(chart.width / 4)); // a telephone has room for lines, too

	// The name of each line at its end, moved apart where they would cover each other.
	const endLabels = {
		id: 'endLabels',
		afterDatasetsDraw(chart) {
			const context = chart.ctx;
			const ends = chart.data.datasets.map((set, i) => {
				const last = chart.getDatasetMeta(i).data[set.data.length - 1];
				return last && set.data[set.data.length - 1] !== null && { y: last.y, x: last.x, text: set.label, set };
			}).filter(Boolean).sort((a, b) => a.y - b.y);
			const line = 16;
			ends.forEach((end, i) => { if (i > 0) end.y = Math.max(end.y, ends[i - 1].y + line); });
			const over = ends.length > 0 ? ends[ends.length - 1].y - chart.chartArea.bottom : 0;
			for (let i = ends.length - 1, floor = Infinity; over > 0 && i >= 0; i--) {
				ends[i].y = Math.min(ends[i].y, floor === Infinity ? chart.chartArea.bottom : floor - line);
				floor = ends[i].y;
			}
			context.save();
			context.textBaseline = 'middle';
			for (const end of ends) {
				context.font = (end.set.grows ? 'bold ' : '') + '13px system-ui, "Liberation Sans", Arial, sans-serif';
				context.fillStyle = end.set.borderColor;
				const fit = Math.floor(nameWidth(chart) / 8) + 1;
				context.fillText(end.text.length > fit ? end.text.slice(0, fit - 1) + '…' : end.text, end.x + 10, end.y);
			}
			context.restore();
		},
	};

	function read(table) {
		const weeks = [...table.querySelectorAll('th[data-week]')].map(cell => cell.dataset.week);
		const rows = [...table.querySelectorAll('tbody tr[data-line]')].slice(0, LINES);
		const datasets = rows.map((row, i) => ({
			label: row.cells[0].textContent,
			data: [...row.querySelectorAll('td.week')].map(cell => cell.dataset.v === undefined ? null : Number(cell.dataset.v)),
			grows: row.hasAttribute('data-grows'),
			number: i,
		}));
		return { weeks, datasets };
	}

	function style(datasets) {
		for (const set of datasets) {
			set.borderColor = set.backgroundColor = set.pointBackgroundColor = set.pointBorderColor = color('--c' + set.number);
			set.borderWidth = set.grows ? 5 : 2;
			set.borderDash = DASHES[set.number];
			set.pointStyle = POINTS[set.number];
			set.pointRadius = set.data.length > MARKED_WEEKS ? 0 : set.grows ? 4 : 3;
			set.pointHoverRadius = 7;
		}
	}

	// In the colours of the present scheme, or of print.
	function paint(chart) {
		style(chart.data.datasets);
		for (const axis of Object.values(chart.options.scales)) {
			axis.ticks.color = color('--soft');
			axis.grid.color = color('--line');
		}
		chart.update();
	}

	function say(chart, at, output) {
		const parts = chart.data.datasets.filter(set => set.data[at] !== null).map(set => set.label + ' ' + set.data[at].toFixed(1) + ' %');
		output.textContent = chart.data.labels[at] + ': ' + parts.join(', ');
		const active = chart.data.datasets.map((set, i) => ({ datasetIndex: i, index: at }))
			.filter(point => chart.data.datasets[point.datasetIndex].data[at] !== null);
		chart.setActiveElements(active);
		chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
		chart.update('none');
	}

	// Left and right go through the weeks; what they stop at is said.
	function steer(canvas, chart, output) {
		let at = chart.data.labels.length - 1;
		canvas.addEventListener('keydown', event => {
			const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
			if (step === undefined)
				return;
			event.preventDefault();
			at = Math.min(Math.max(at + step, 0), chart.data.labels.length - 1);
			say(chart, at, output);
		});
	}

	function draw(table) {
		const { weeks, datasets } = read(table);
		if (weeks.length < 2 || datasets.length === 0 || table.dataset.drawn)
			return;
		table.dataset.drawn = 'yes';
		const figure = document.createElement('figure');
		const box = document.createElement('div');
		const canvas = document.createElement('canvas');
		const output = document.createElement('div');
		box.className = 'chart';
		canvas.tabIndex = 0;
		canvas.setAttribute('role', 'img');
		canvas.setAttribute('aria-label', 'Line chart of ' + table.caption.textContent + ' The table below has all values. Arrow keys go through the weeks.');
		output.className = 'hidden';
		output.setAttribute('aria-live', 'polite');
		box.append(canvas);
		figure.append(box, output);
		table.closest('.scroll').before(figure);
		style(datasets);
		const chart = new Chart(canvas, {
			type: 'line',
			data: { labels: weeks, datasets },
			plugins: [endLabels],
			options: {
				animation: still.matches ? false : { duration: 300 },
				devicePixelRatio: Math.max(2, devicePixelRatio), // print is finer than most screens
				interaction: { mode: 'index', intersect: false },
				layout: { padding: context => ({ right: nameWidth(context.chart) }) },
				maintainAspectRatio: false,
				plugins: {
					legend: { display: false },
					tooltip: { callbacks: { label: item => ' ' + item.dataset.label + '  ' + item.parsed.y.toFixed(1) + ' %' }, itemSort: (a, b) => b.parsed.y - a.parsed.y },
				},
				scales: {
					x: { grid: {}, ticks: {} },
					y: { grid: {}, ticks: { callback: value => value + ' %' }, beginAtZero: true, suggestedMax: 10 },
				},
			},
		});
		paint(chart);
		steer(canvas, chart, output);
		charts.push(chart);
	}

	function drawOpen() {
		for (const table of document.querySelectorAll('table[data-chart]')) {
			const fold = table.closest('details');
			if (fold === null || fold.open)
				draw(table);
		}
	}

	const folds = [...document.querySelectorAll('details')];
	for (const fold of folds)
		fold.addEventListener('toggle', drawOpen);
	drawOpen();
	// The style prints what is folded; a browser that does not know ::details-content has it unfolded.
	if (!CSS.supports('selector(details::details-content)')) {
		let folded = [];
		addEventListener('beforeprint', () => { folded = folds.filter(fold => !fold.open); folded.forEach(fold => { fold.open = true; }); });
		addEventListener('afterprint', () => folded.forEach(fold => { fold.open = false; }));
	}
	for (const query of ['(prefers-color-scheme: dark)', 'print'])
		matchMedia(query).addEventListener('change', () => charts.forEach(paint));
	addEventListener('beforeprint', () => charts.forEach(chart => { chart.resize(); paint(chart); }));
	addEventListener('afterprint', () => charts.forEach(chart => { chart.resize(); paint(chart); }));
})();
