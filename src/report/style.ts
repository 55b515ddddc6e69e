/** The report's style sheet: system fonts, light and dark, nothing fetched. */
const STAGES = ['#7c8594', '#2f6fde', '#0f9488', '#d18510', '#c2377e', '#7a55d6']
const STAGES_DARK = ['#98a2b3', '#6ea2ff', '#35c4b5', '#f0b04a', '#f071ab', '#a98bff']
const declare = (colors: readonly string[]): string =>
  colors.map((color, i) => `--stage-${i}:${color};`).join('')

export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1a2230;--soft:#5b6675;--rule:#e2e6ec;--faint:#f0f2f6;--good:#12804a;--bad:#c0322b;--best:#e6f4ec;--best-ink:#0c6b3d;${declare(STAGES)}}
@media (prefers-color-scheme:dark){:root{--bg:#11151c;--card:#191f29;--ink:#e8ecf2;--soft:#9aa6b6;--rule:#2b3442;--faint:#212935;--good:#4cc38a;--bad:#ff7b72;--best:#16382a;--best-ink:#7fe0b0;${declare(STAGES_DARK)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;-webkit-font-smoothing:antialiased}
main{max-width:1200px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:2px 0 6px}
h2{font-size:20px;letter-spacing:-.01em;margin:0 0 6px}
h3{font-size:16px;line-height:1.4;margin:2px 0 8px;font-weight:600}
section{margin-top:44px}
p{margin:0 0 10px}
.eyebrow,.kind{color:var(--soft);font-size:12.5px;letter-spacing:.02em;margin:0}
.note{color:var(--soft);max-width:76ch;font-size:14px;margin-bottom:14px}
.card,.chart,.example{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));margin:20px 0 0;padding:4px 6px}
.facts div{padding:12px 14px;min-width:0}
.facts dt{color:var(--soft);font-size:12.5px}
.facts dd{margin:1px 0 0;font-weight:600;overflow-wrap:anywhere}
.facts dd small{font-weight:400;color:var(--soft);display:block}
.stages{display:flex;flex-wrap:wrap;gap:8px;padding:0;margin:14px 0 0;list-style:none}
.stages li{background:var(--card);border:1px solid var(--rule);border-radius:99px;padding:3px 12px 3px 10px;font-size:13.5px}
.stages small{color:var(--soft);margin-left:4px}
i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px;flex:none}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:14px}
.charts.tiny{grid-template-columns:repeat(auto-fill,minmax(min(46%,205px),1fr))}
.chart{margin:0;padding:14px 14px 8px;min-width:0}
.chart figcaption{font-weight:600;font-size:14.5px;margin-bottom:4px}
.chart figcaption small{color:var(--soft);font-weight:400;display:block;font-size:12px}
.chart svg{display:block;width:100%;height:auto}
.chart .empty{color:var(--soft)}
.grid{stroke:var(--rule);stroke-width:1}.axis,.mark{stroke:var(--soft);stroke-width:1}
.tick,.label{fill:var(--soft);font-size:11px}.label{font-size:11.5px}.small .tick{font-size:10px}
.value{fill:var(--ink);font-size:11.5px;font-weight:600;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.faint{opacity:.25;stroke-width:1}
.thread{stroke:var(--soft);stroke-width:1.25;opacity:.6}.whisker{stroke-width:2;opacity:.55}
.floor{stroke:var(--soft);stroke-dasharray:4 4;stroke-width:1.25}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:12.5px;color:var(--soft);margin:0 0 4px}section>.legend{font-size:13.5px;margin-bottom:10px}
.scroll{overflow-x:auto}
table.scores{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.scores th,.scores td{padding:9px 5px;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule)}
.scores thead th{font-size:12px;font-weight:600;line-height:1.3;vertical-align:bottom}
.scores thead small{display:block;font-weight:400;color:var(--soft);font-size:11px}
.scores tbody th{text-align:left;font-weight:600;white-space:nowrap;padding-left:16px}
.scores thead th:first-child{text-align:left;padding-left:16px}
.scores td:last-child,.scores thead th:last-child{padding-right:16px}
.scores td small{display:block;color:var(--soft);font-size:10.5px;white-space:nowrap}
.scores tr.base td,.scores tr.base th{color:var(--soft);font-weight:400}
.scores tr:last-child td,.scores tr:last-child th{border-bottom:0}
.scores tr.base+tr.model td,.scores tr.base+tr.model th{border-top:2px solid var(--rule)}
.scores td.best{background:var(--best)}.scores td.best b{color:var(--best-ink)}.scores td b{font-weight:700}
.example{display:grid;grid-template-columns:minmax(0,46%) minmax(0,1fr);gap:22px;padding:18px;margin-top:14px;break-inside:avoid}
.picture{display:block;width:100%;height:auto;border-radius:6px;background:var(--faint)}
.pictures.many{display:grid;grid-template-columns:1fr 1fr;gap:6px}
.pictures.film{grid-template-columns:repeat(4,1fr)}
.frame{position:relative}.frame small{position:absolute;right:4px;bottom:4px;padding:0 5px;border-radius:4px;background:#10151dcc;color:#fff;font-size:11px;line-height:1.45}
.more{color:var(--soft);font-size:12.5px;margin:4px 0 0}
.picture text{font-weight:600;fill:#fff}.picture .lost{fill:var(--faint)}.picture .lost+text{fill:var(--soft)}
.box rect{fill:none;vector-effect:non-scaling-stroke}
.box .back{stroke:#000;stroke-opacity:.55;stroke-width:4.5}
.box .edge{stroke:var(--box);stroke-width:2.25}.box .tag{fill:#10151dcc}
.truth{--box:#38d07f}.evidence{--box:#fff}.evidence .edge{stroke-width:1.5}.evidence .back{stroke-width:3}
.guess .edge{stroke-dasharray:7 5;stroke-width:3}.guess .back{stroke:#fff;stroke-opacity:.85;stroke-width:3}.guess .tag{fill:var(--box)}
.guess{display:none}
.options{list-style:none;display:flex;flex-wrap:wrap;gap:6px;padding:0;margin:0 0 10px}
.options li{border:1px solid var(--rule);border-radius:6px;padding:2px 9px;font-size:13.5px}
.options .right{border-color:var(--good);color:var(--good);font-weight:600}
.truth-text{font-size:14px}
.answers{list-style:none;padding:0;margin:8px 0 0;border-top:1px solid var(--rule)}
.answers li{display:grid;grid-template-columns:118px minmax(0,1fr);gap:8px;padding:7px 0;border-bottom:1px solid var(--rule);font-size:14px}
.answers li:last-child{border-bottom:0;padding-bottom:0}
.who{color:var(--soft);white-space:nowrap}
.said p{margin:0}.said small{color:var(--soft);white-space:nowrap}
.reasoning{color:var(--soft);max-height:9.5em;overflow:auto;margin-bottom:3px!important;overflow-wrap:anywhere}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere;white-space:pre-wrap}
.mark{font-weight:700;margin-right:2px}.mark.right{color:var(--good)}.mark.wrong{color:var(--bad)}
.chooser{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;font-size:14px;color:var(--soft)}
.chooser label{color:var(--ink);cursor:pointer;display:inline-flex;align-items:center}.chooser input{margin:0 6px 0 0}
details{padding:12px 16px}details+details{border-top:1px solid var(--rule)}
summary{cursor:pointer;font-weight:600}
pre{overflow:auto;background:var(--faint);border-radius:6px;padding:12px;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;max-height:420px}
@media (max-width:760px){main{padding:24px 14px}.example{grid-template-columns:minmax(0,1fr)}}
@media print{body{background:#fff}.chooser{display:none}}
`

/** Shows the boxes of the stage whose radio button is on, in that stage's colour. */
export const stageRules = (indices: readonly number[]): string =>
  indices
    .map((i) => `.of-${i}{--box:var(--stage-${i % 6})}body:has(#boxes-${i}:checked) .of-${i}{display:inline}`)
    .join('\n')
