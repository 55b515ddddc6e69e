/** What the benchmark report adds to the style sheet of reports. */
export const BENCHMARK_STYLE = `
.jump{display:flex;flex-wrap:wrap;gap:8px;padding:0;margin:18px 0 0;list-style:none}
.jump a{display:block;background:var(--card);border:1px solid var(--rule);border-radius:99px;padding:4px 14px;font-size:14px;color:var(--ink);text-decoration:none}
.jump a:hover{border-color:var(--soft)}
section>h2{font-size:24px;border-top:2px solid var(--rule);padding-top:26px}
section>h3{font-size:17px;margin:30px 0 4px}
.note.after{margin-top:10px}
.scores th small{display:block;font-weight:400;color:var(--soft);font-size:11.5px;white-space:normal}
.scores tbody th[scope=row]{position:sticky;left:0;background:var(--card);z-index:1;padding-right:12px;max-width:300px;white-space:normal;overflow-wrap:anywhere;min-width:132px;font-size:14px;line-height:1.35}
.scores thead th{max-width:150px;padding-left:10px}.figures thead th,.glance thead th{overflow-wrap:anywhere}
.scores td{padding-left:10px}
.figures tbody th[scope=row]{min-width:210px}
.figures td,.figures tbody th[scope=row]{padding-top:6px;padding-bottom:6px}
.figures tr.overall td,.figures tr.overall th{font-weight:700;background:var(--faint)}
.figures tr.overall th[scope=row]{background:var(--faint)}
.figures tr.overall td.best{background:var(--best)}
.figures tr.group th{font-weight:400}.figures tr.group td{color:var(--soft)}
.scores .base{color:var(--soft);font-weight:400}
.scores td.best{color:var(--best-ink);font-weight:700}.scores td small{font-weight:400}
.scores td.differs{font-weight:700}.scores td.up{color:var(--good);font-weight:700}.scores td.down{color:var(--bad);font-weight:700}.scores td.word{white-space:nowrap}
.tall{max-height:560px;overflow:auto}
.tall thead th{position:sticky;top:0;background:var(--card);z-index:2;box-shadow:0 1px 0 var(--rule)}
.tall thead th:first-child{left:0;z-index:3}
.published tr.own td,.published tr.own th,.published tr.own th[scope=row]{background:var(--best)}
.printed{white-space:nowrap}.printed s{color:var(--bad);text-decoration-thickness:1.5px}
details.part{padding:0;border:0!important;margin-top:4px}
details.part[open]+details.part{margin-top:14px}
details.part>summary{padding:6px 0;font-size:15px;overflow-wrap:anywhere}
details.part>summary small{font-weight:400;color:var(--soft);margin-left:8px}
.dots{padding:10px 16px 4px}
.dots-line{display:grid;grid-template-columns:minmax(130px,270px) minmax(0,1fr);gap:14px;align-items:center;padding:3px 0}
.dots-line.first{font-weight:700;border-bottom:1px solid var(--rule);padding-bottom:7px;margin-bottom:4px}
.dots-name{font-size:13.5px;line-height:1.25;overflow-wrap:anywhere}.dots-name small{font-weight:400;color:var(--soft);font-size:11.5px;white-space:nowrap}
.track{position:relative;margin:0 10px;background:linear-gradient(var(--rule),var(--rule)) 0 0/1px 100% no-repeat,linear-gradient(var(--rule),var(--rule)) 25% 0/1px 100% no-repeat,linear-gradient(var(--rule),var(--rule)) 50% 0/1px 100% no-repeat,linear-gradient(var(--rule),var(--rule)) 75% 0/1px 100% no-repeat,linear-gradient(var(--rule),var(--rule)) 100% 0/1px 100% no-repeat}
.track.scale{background:none;height:18px}.track.scale span{position:absolute;transform:translateX(-50%);font-size:11px;color:var(--soft)}
.dot{position:absolute;width:9px;height:9px;border-radius:50%;transform:translate(-50%,-50%)}
.bar{position:absolute;height:3px;border-radius:2px;transform:translateY(-50%);opacity:.45}
.at{position:absolute;top:0;bottom:0;width:0;transform:translateX(-50%)}
.at.chance,.key.chance{border-left:2px dashed var(--soft)}.at.frequent,.key.frequent{border-left:2px solid var(--soft)}
.at.human,.key.human{border-left:3px double var(--good)}
i.key{width:4px;height:13px;border-radius:0;vertical-align:-2px}
.items{list-style:none;margin:0;padding:0 16px}
.items li{padding:12px 0;border-bottom:1px solid var(--rule)}.items li:last-child{border-bottom:0}
.question{margin:2px 0 8px;white-space:pre-line;overflow-wrap:anywhere}.question.asked{font-weight:600;max-height:16em;overflow:auto}
.items .question{color:var(--soft);font-size:14px;max-height:6em;overflow:auto}
.raw{margin:0 0 6px;white-space:pre-wrap;overflow-wrap:anywhere;padding:8px 10px;max-height:180px}
.verdicts{display:flex;flex-wrap:wrap;gap:4px 22px;margin:0;font-size:14px}.verdict small{color:var(--soft)}.verdict b{font-weight:600;margin-right:4px}
.answers li{grid-template-columns:minmax(90px,170px) minmax(0,1fr)}.who{white-space:normal;overflow-wrap:anywhere;line-height:1.35}
img.picture{aspect-ratio:auto}.example.bare{grid-template-columns:minmax(0,1fr);gap:4px}
.protocol-card{padding:14px 16px;margin-top:8px}.protocol-card+.protocol-card{margin-top:14px}
.clients{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 8px}.clients span{background:var(--faint);border-radius:6px;padding:2px 9px;font-size:13.5px;overflow-wrap:anywhere}
.settings{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:8px 18px;margin:0 0 12px}
.settings dt{color:var(--soft);font-size:12.5px}.settings dd{margin:0;font-size:14px;overflow-wrap:anywhere}
.prompt{white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0 12px}
.notes{margin:4px 0 10px;padding-left:20px;font-size:14px;max-width:90ch}
.warn{padding:12px 16px;border-color:var(--bad);margin-top:10px}.warn p{margin:0 0 4px}.warn ul{margin:0;padding-left:20px}
.scores td.state{white-space:nowrap;text-align:left}.state.none{color:var(--soft)}.state.inside{color:var(--good)}.state.outside{color:var(--bad)}
.glance td,.glance tbody th{padding-top:6px;padding-bottom:6px}
.glance tr.next td,.glance tr.next th{border-top:2px solid var(--rule)}
@media print{.tall{max-height:none}}
@media (max-width:760px){
.scores tbody th[scope=row]{min-width:116px;max-width:132px;padding-left:10px;font-size:13px}.figures tbody th[scope=row]{min-width:116px}
.scores thead th:first-child{padding-left:10px}
.scores thead th{max-width:118px}.figures thead th:not(:first-child),.glance thead th:not(:first-child){min-width:84px}
.dots{padding:8px 10px 2px}.dots-line{grid-template-columns:104px minmax(0,1fr);gap:6px}.dots-name{font-size:12.5px}.dots-name small{display:block;white-space:normal}
.answers li{grid-template-columns:minmax(0,1fr);gap:2px}.example{padding:12px;gap:12px}
.scores td.state{white-space:normal;min-width:92px;font-size:13px}
h1{font-size:25px}section>h2{font-size:21px}
}
`
