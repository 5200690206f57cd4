// The book by bucket and day: stacked bars, each of which leads to the loans behind it.

const frame = document.getElementById("bucket-chart");
const data = JSON.parse(document.getElementById("bucket-chart-data").textContent);
const root = document.documentElement;
const language = root.lang;
const chart = window.echarts.init(frame, null, { renderer: "canvas" });
let view = "pastDue";

const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const dayText = (iso) => new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${iso}T00:00:00Z`));
const money = (minor, options = {}) => new Intl.NumberFormat(language, {
  ...(data.currency ? { style: "currency", currency: data.currency } : {}), ...options,
}).format(minor / data.minorUnits);

function draw() {
  const shown = data.series.filter((line) => view === "all" || line.bucket > 0);
  const ink = token("--ink-soft");
  chart.setOption({
    animation: false,
    grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
    textStyle: { fontFamily: token("--sans") },
    legend: { top: 0, left: 0, textStyle: { color: ink }, itemWidth: 14, itemHeight: 10 },
    tooltip: {
      trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" },
      backgroundColor: token("--paper"), borderColor: token("--line"), textStyle: { color: token("--ink") },
      formatter: (points) => [dayText(points[0].axisValue), ...points.filter((point) => point.value).reverse()
        .map((point) => `${point.seriesName}  ${money(point.value)}`)].join("\n"),
    },
    xAxis: { type: "category", data: data.days, axisLabel: { color: ink, formatter: dayText, hideOverlap: true }, axisLine: { lineStyle: { color: token("--line") } }, axisTick: { show: false } },
    yAxis: { type: "value", axisLabel: { color: ink, formatter: (minor) => money(minor, { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 }) }, splitLine: { lineStyle: { color: token("--line-soft") } } },
    series: shown.map((line) => ({
      type: "bar", stack: "book", name: line.name, data: line.outstanding, barCategoryGap: "18%",
      itemStyle: { color: token(`--bucket-${line.bucket}`) }, cursor: "pointer",
    })),
  }, { notMerge: true });
}

chart.on("click", (point) => {
  const line = data.series.find((candidate) => candidate.name === point.seriesName);
  window.location.assign(`${frame.dataset.loansUrl}?bucket=${line.bucket}&on=${point.name}`);
});

for (const button of document.querySelectorAll("[data-chart-view]")) {
  button.addEventListener("click", () => {
    view = button.dataset.chartView;
    for (const other of document.querySelectorAll("[data-chart-view]")) other.setAttribute("aria-pressed", String(other === button));
    draw();
  });
}

window.addEventListener("resize", () => chart.resize());
document.addEventListener("theme-switched", draw);
draw();
