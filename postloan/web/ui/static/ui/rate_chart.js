// Shares by month or by age: one line for each bucket, vintage or cohort; a point leads to the loans behind it.

const frame = document.getElementById("rate-chart");
const data = JSON.parse(document.getElementById("rate-chart-data").textContent);
const root = document.documentElement;
const chart = window.echarts.init(frame, null, { renderer: "canvas" });

const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const percent = (ppm, digits) => new Intl.NumberFormat(root.lang, { style: "percent", maximumFractionDigits: digits }).format(ppm / 1e6);
const place = (value) => typeof value === "string" && value.includes("-")
  ? new Intl.DateTimeFormat(root.lang, { month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${value}T00:00:00Z`))
  : `${value}`;

// Vintages and cohorts have no colour of their own: the later, the stronger.
const look = (line, at) => line.bucket === null
  ? { color: token("--brand"), opacity: 0.25 + 0.75 * (at + 1) / data.lines.length }
  : { color: token(`--bucket-${line.bucket}`), opacity: 1 };

function draw() {
  const ink = token("--ink-soft");
  chart.setOption({
    animation: false,
    grid: { left: 8, right: 16, top: 44, bottom: frame.dataset.across ? 28 : 4, containLabel: true },
    textStyle: { fontFamily: token("--sans") },
    legend: { type: "scroll", top: 0, left: 0, textStyle: { color: ink }, itemWidth: 16, itemHeight: 8 },
    tooltip: {
      trigger: "item", renderMode: "richText", confine: true,
      backgroundColor: token("--paper"), borderColor: token("--line"), textStyle: { color: token("--ink") },
      formatter: (point) => `${point.seriesName} · ${place(point.name)}\n${percent(point.value, 2)}`,
    },
    xAxis: { type: "category", data: data.across, name: frame.dataset.across, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: ink }, axisLabel: { color: ink, formatter: place, hideOverlap: true }, axisLine: { lineStyle: { color: token("--line") } }, axisTick: { show: false } },
    yAxis: { type: "value", min: 0, axisLabel: { color: ink, formatter: (ppm) => percent(ppm, 1) }, splitLine: { lineStyle: { color: token("--line-soft") } } },
    series: data.lines.map((line, at) => ({
      type: "line", name: line.name, data: line.shares, connectNulls: false, symbol: "circle", symbolSize: 8,
      lineStyle: { width: 2, ...look(line, at) }, itemStyle: look(line, at), cursor: line.urls.some(Boolean) ? "pointer" : "default",
    })),
  }, { notMerge: true });
}

chart.on("click", (point) => {
  const url = data.lines[point.seriesIndex].urls[point.dataIndex];
  if (url) window.location.assign(url);
});
window.addEventListener("resize", () => chart.resize());
document.addEventListener("theme-switched", draw);
draw();
