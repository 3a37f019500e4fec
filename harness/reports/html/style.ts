import { dark, light, type Palette } from './palette.ts'

/** The page's only style sheet: system fonts, no request, light or dark as the reader's system says, paper white. */
export const style = `
:root{color-scheme:light dark;${variables(light)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}body>svg{position:absolute}
html{scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
.wrap{max-width:66rem;margin:0 auto;padding:0 1.25rem}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--surface);padding:.5rem 1rem;z-index:9}
.muted{color:var(--muted)}.small{font-size:.875rem}.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.good{--tint:var(--good);--tone:var(--goodText)}.bad{--tint:var(--bad);--tone:var(--badText)}
.unsure{--tint:var(--unsure);--tone:var(--unsureText)}.calm{--tint:var(--calm);--tone:var(--calmText)}
.top{background:var(--surface);border-top:6px solid var(--tone);padding:1.75rem 0 2rem}
.eyebrow{display:flex;flex-wrap:wrap;gap:.15rem .9rem;color:var(--muted);font-size:.875rem;margin-bottom:1.1rem}
.eyebrow b{color:var(--ink)}
.verdict{display:flex;align-items:center;gap:.7rem;color:var(--tone);font-size:2rem;line-height:1.15;font-weight:750;letter-spacing:-.015em}
.verdict svg{flex:none;width:2.25rem;height:2.25rem}
.why{font-size:1.2rem;line-height:1.45;margin-top:.7rem;max-width:52rem;text-wrap:pretty}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:.75rem;margin-top:1.5rem}
.tile{background:var(--page);border-radius:10px;padding:.75rem 1rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
.tile dt{font-size:.8125rem;color:var(--muted)}.tile dd{font-size:1.3rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.3}
.tile dd.flag{color:var(--tone)}
.next{background:var(--tint);border-radius:12px;padding:1.1rem 1.35rem 1.2rem}
.next h2{font-size:1rem;margin-bottom:.35rem;color:var(--tone)}
.next ol{padding-left:1.25rem}.next li{padding:.2rem 0 .2rem .2rem}.next li::marker{color:var(--tone);font-weight:700}
.next a{color:inherit;text-decoration-color:var(--tone)}.next .for{display:block;font-size:.875rem;color:var(--tone)}
.jump{position:sticky;top:0;z-index:2;background:var(--surface);border-block:1px solid var(--line)}
.jump ul{display:flex;gap:1.4rem;list-style:none;padding:0;overflow-x:auto;scrollbar-width:thin}
.jump a{display:block;padding:.65rem 0;text-decoration:none;white-space:nowrap;font-size:.9375rem}.jump a:hover{text-decoration:underline}
.jump span{color:var(--muted)}
main section{margin:2.5rem 0}
section>h2{font-size:1.35rem;letter-spacing:-.01em;line-height:1.3}
section>h2+.lead{color:var(--muted);margin-top:.2rem;max-width:50rem}
.card{background:var(--surface);border:1px solid var(--line);border-radius:12px;padding:1.1rem 1.35rem;margin-top:.9rem}
.flush{padding:.35rem 1.35rem .5rem}
.finding{border-left:5px solid var(--tone);content-visibility:auto;contain-intrinsic-size:auto 11rem;scroll-margin-top:3.5rem}
.finding:target{outline:2px solid var(--tone)}
.finding h3{font-size:1.05rem;line-height:1.4;display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .7rem}
.finding p{margin-top:.5rem;max-width:52rem}.finding p.remedy{max-width:none}
.pill{display:inline-flex;align-items:center;gap:.35em;background:var(--tint);color:var(--tone);border-radius:99px;padding:.1rem .65rem;font-size:.8125rem;font-weight:650;white-space:nowrap}
.pill svg{width:.85em;height:.85em;flex:none}
.id{font-weight:400;color:var(--muted);font-size:.8125rem}
pre{background:var(--sunken);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;margin-top:.75rem;overflow-x:auto;line-height:1.5;tab-size:4}
pre.wrapped{white-space:pre-wrap}
.caret{color:var(--badText);font-weight:800}
.remedy{background:var(--sunken);border-radius:8px;padding:.6rem .9rem}.remedy b{display:block;font-size:.8125rem;color:var(--muted)}
details{margin-top:.75rem}summary{cursor:pointer;color:var(--link);padding:.15rem 0;width:fit-content}
.list{padding-left:1.2rem;margin-top:.6rem}.list li{padding:.15rem 0;max-width:54rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th{text-align:left;font-weight:600;color:var(--muted);font-size:.8125rem;vertical-align:bottom}
td,th{padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line)}td{vertical-align:top}
th.num{text-align:right}tr>:last-child{padding-right:0}tbody tr:last-child>*{border-bottom:0}
tbody th{color:var(--ink);font-weight:500;font-size:.9375rem;vertical-align:top}
.lanes{table-layout:fixed}.lanes .name{width:20rem}.lanes .took{width:6.5rem}.flush>h3{margin-top:.75rem}.flush>p{margin-top:.2rem}.lanes+.lanes,.lanes+details+.lanes{margin-top:1.1rem}
.hidden{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}.only-phone{display:none}.stacked th[scope=row]{width:34%}
.scroll{overflow-x:auto}.matrix{min-width:100%}.matrix td{min-width:9rem;font-size:.8125rem;line-height:1.35;color:var(--tone)}.matrix td.muted{color:var(--muted)}.matrix td svg,.cells svg{width:.9rem;height:.9rem;vertical-align:-.15rem;margin-right:.35rem}
.matrix th[scope=row]{min-width:16rem}.matrix th[scope=row] pre{margin-top:.3rem}.matrix .of{padding-top:.9rem;font-weight:650}.cells li{color:var(--tone)}
.lanes td.track,.lanes th.track{padding:0;vertical-align:middle}
.lanes td.track{position:relative}.track svg{display:block;width:100%;overflow:visible}
.what{display:block;color:var(--muted);font-size:.8125rem;font-weight:400;margin-top:.05rem}
.axis text{fill:var(--muted);font:.75rem system-ui,sans-serif;font-variant-numeric:tabular-nums}
.axis{height:1.6rem}.rule{stroke:var(--line);stroke-width:1}.lanes .bar{position:absolute;inset:0;height:100%}.lanes td.took{height:2.4rem}.lanes td.took{vertical-align:middle}
.fill-up{fill:var(--up)}.fill-down{fill:var(--down)}.fill-bad{fill:var(--badText)}.fill-unsure{fill:var(--unsureText)}
.fill-lock-all{fill:var(--badText)}.fill-lock-writes{fill:url(#hatch);stroke:var(--unsureText)}.fill-lock-paler{fill:var(--unsure)}.fill-lock-some{fill:var(--muted)}
.bar rect,.legend rect{stroke-width:1.5}.fill-up{stroke:var(--up)}.fill-down{stroke:var(--down)}.fill-bad,.fill-lock-all{stroke:var(--badText)}.fill-unsure{stroke:var(--unsureText)}.fill-lock-some{stroke:var(--muted)}
.felt{fill:var(--calm);stroke:var(--up);stroke-width:1.5;vector-effect:non-scaling-stroke}
.first{display:grid;grid-template-columns:1fr 1fr;gap:.75rem;margin-top:1.5rem}.first>:only-child{grid-column:1/-1}
.felt-now{background:var(--page);border-radius:12px;padding:1.1rem 1.35rem 1.2rem}.felt-now h2{font-size:1rem}.felt-now .list{margin-top:.35rem}
.spark{display:block;max-width:100%;height:auto}.spark path{fill:none;stroke:var(--up);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.spark circle{fill:var(--up)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin-top:.6rem;font-size:.875rem;color:var(--muted)}
.legend svg{width:.8rem;height:.8rem;margin-right:.4rem;vertical-align:-.05rem}
.facts{display:grid;grid-template-columns:minmax(8rem,13rem) 1fr;gap:.4rem 1.25rem}.facts dt{color:var(--muted)}
footer{border-top:1px solid var(--line);padding:1.25rem 0 2.5rem;margin-top:3rem;color:var(--muted);font-size:.875rem}
.spec h3{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .7rem;font-size:1.05rem}.spec p{margin-top:.4rem}
.statements summary{overflow-wrap:anywhere}.card>h3{font-size:1.05rem}
@media (max-width:62rem){.first{grid-template-columns:1fr}.lanes .name{width:15rem}.tiles{grid-template-columns:repeat(3,1fr)}}
@media (max-width:40rem){
.wrap{padding:0 1rem}.top{padding-top:1.25rem}.verdict{font-size:1.6rem}.why{font-size:1.075rem}
.tiles{grid-template-columns:1fr 1fr;gap:.5rem}.tile{padding:.6rem .75rem}.card{padding:.9rem 1rem}.flush{padding:.2rem 1rem .4rem}
.lanes thead .took{position:absolute;clip-path:inset(50%)}
.lanes tr{display:grid;grid-template-columns:1fr auto;gap:0 .75rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
.lanes tbody tr:last-child{border-bottom:0}
.lanes td,.lanes th{border:0;padding:0}.lanes .name,.lanes .took{width:auto!important}
.lanes .track{grid-column:1/-1;order:3;height:auto!important}.lanes .bar{position:static;height:1.5rem}.lanes td.took{height:auto!important}.lanes thead tr{padding-bottom:0}
.stacked thead{position:absolute;clip-path:inset(50%)}.stacked tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}.stacked th,.stacked td{display:block;border:0;padding:.1rem 0;width:auto!important}.stacked th{font-weight:650!important}.only-phone{display:inline}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.6rem}
}
@media (max-width:40rem){.clients :is(th,td):is(:nth-child(3),:nth-child(5)){display:none}.trends th:nth-child(3),.trends th:nth-child(4),.trends td:nth-child(3),.trends td:nth-child(4){display:none}}
@media print{
.tiles{grid-template-columns:repeat(3,1fr)}
:root{font-size:10pt}body{background:none}.jump,.skip{display:none}.wrap{max-width:none;padding:0}
.scroll{overflow:visible}.matrix td,.matrix th[scope=row]{min-width:0}.lanes .name{width:13rem}.matrix .of{break-after:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.card,.tile,.next,tr{break-inside:avoid}.finding{content-visibility:visible}h2{break-after:avoid}
.top{padding-top:.75rem}main section{margin:1.5rem 0}pre{white-space:pre-wrap}
details::details-content{content-visibility:visible;display:block;block-size:auto}summary{color:inherit;list-style:none}
a{color:inherit;text-decoration:none}
}
`.trim()

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}
