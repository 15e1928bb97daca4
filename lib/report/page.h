/* The parts of the page that are files of their own: its style, its script, and the chart library that the build found (Makefile: CHART_JS).
 *
 * The library is Chart.js, from Debian's libjs-chart.js: MIT (its notice stays in the page), one file of 200 kB that needs no other, kept up by its
 * authors and by Debian. Of the others there, dygraphs draws time series only and C3 needs D3 beside it. uPlot (MIT, 50 kB) and
 * Chartist (SVG) are smaller, but only npm has them: a packager cannot fetch from it during a build, and its client brings seventy packages
 * to a tree in C. Without the library the page has its tables, with bars in them, and no charts. */
#ifndef SAV_REPORT_PAGE_H
#define SAV_REPORT_PAGE_H

#include <stddef.h>

enum page_part { PAGE_STYLE, PAGE_SCRIPT, PAGE_CHART };

/* The bytes of a part, and in *size how many; none of the chart library when the build had none. */
const char *page_part(enum page_part part, size_t *size);

#endif
