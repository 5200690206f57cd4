// Charts of the design system: bars or lines from the figures beside them; a point leads to what it is made of.

const root = document.documentElement;
const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text);
const place = (text) => isDay(text)
  ? new Intl.DateTimeFormat(root.lang, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`))
  : text;

function writer(spec) {
  const number = (options) => new Intl.NumberFormat(root.lang, options);
  if (spec.unit === "share") return (value) => number({ style: "percent", maximumFractionDigits: 1 }).format(value / 1e6);
  if (spec.unit === "money") {
    const style = spec.currency ? { style: "currency", currency: spec.currency } : {};
    return (value, short) => number({ ...style, ...(short ? { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 } : {}) }).format(value / spec.minorUnits);
  }
  return (value, short) => number(short ? { notation: "compact" } : {}).format(value);
}

function options(spec) {
  const [ink, written] = [token("--ink-soft"), writer(spec)];
  const colour = (one, at) => one.bucket === null ? token(`--series-${at % 6}`) : token(`--bucket-${one.bucket}`);
  return {
    animation: false,
    grid: { left: 8, right: 12, top: 36, bottom: 4, containLabel: true },
    textStyle: { fontFamily: token("--sans") },
    legend: { type: "scroll", top: 0, left: 0, textStyle: { color: ink }, itemWidth: 14, itemHeight: 10 },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true,
      backgroundColor: token("--paper"), borderColor: token("--line"), textStyle: { color: token("--ink") },
      formatter: (points) => [place(points[0].axisValue), ...points.filter((point) => point.value != null).map((point) => `${point.seriesName}  ${written(point.value)}`)].join("\n"),
    },
    xAxis: { type: "category", data: spec.across, axisLabel: { color: ink, formatter: place, hideOverlap: true }, axisLine: { lineStyle: { color: token("--line") } }, axisTick: { show: false } },
    yAxis: { type: "value", axisLabel: { color: ink, formatter: (value) => written(value, true) }, splitLine: { lineStyle: { color: token("--line-soft") } } },
    series: spec.series.map((one, at) => ({
      type: spec.kind, name: one.name, data: one.values, stack: spec.stacked ? "all" : undefined,
      connectNulls: false, symbol: "circle", symbolSize: 7, barCategoryGap: "22%",
      itemStyle: { color: colour(one, at) }, lineStyle: { width: 2, color: colour(one, at) }, cursor: one.urls.length ? "pointer" : "default",
    })),
  };
}

for (const frame of document.querySelectorAll("[data-chart]")) {
  const spec = JSON.parse(document.getElementById(`${frame.id}-data`).textContent);
  const chart = window.echarts.init(frame, null, { renderer: "canvas" });
  const draw = () => chart.setOption(options(spec), { notMerge: true });
  chart.on("click", (point) => {
    const url = spec.series[point.seriesIndex].urls[point.dataIndex];
    if (url) window.location.assign(url);
  });
  window.addEventListener("resize", () => chart.resize());
  document.addEventListener("theme-switched", draw);
  draw();
}
