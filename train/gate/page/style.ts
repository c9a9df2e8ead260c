import { COLOURS } from './svg.ts';

/** How the page of a bless report looks. */
export const STYLE = `
body{margin:0;background:#f6f7f9;color:${COLOURS.text};font:15px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 32px 48px;background:#fff;min-height:100vh;box-sizing:border-box}
h1{font-size:24px;margin:8px 0 16px;overflow-wrap:anywhere}h2{font-size:18px;margin:32px 0 8px}h3{font-size:15px;margin:16px 0 8px}
.verdict{padding:12px 16px;border-left:5px solid;background:#f6f7f9;margin:0 0 12px}
.verdict.passed{border-color:#2b8a3e}.verdict.passed strong{color:#2b8a3e}
.verdict.refused{border-color:${COLOURS.limit}}.verdict.refused strong{color:${COLOURS.limit}}
.reasons{padding-left:20px}.reasons li{margin:4px 0}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid ${COLOURS.grid};vertical-align:top;font-variant-numeric:tabular-nums}
tr.refused td{color:${COLOURS.limit}}
.note,.captures{color:#5b6470;font-size:13px;margin:4px 0 8px;overflow-wrap:anywhere}
.note .champion{border-bottom:2px dashed ${COLOURS.champion}}.note .challenger{border-bottom:2px solid ${COLOURS.challenger}}.note .limit{border-bottom:2px solid ${COLOURS.limit}}
.note span{margin-right:16px}
.pictures{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}.stacked{display:flex;flex-direction:column;gap:8px}.stacked,.pictures>svg{flex:0 1 auto;max-width:100%}
svg{max-width:100%;height:auto;font:12px system-ui,sans-serif}svg text{fill:${COLOURS.text}}
code{font-size:13px}
@media print{body{background:#fff}main{max-width:none;padding:0}}
`.trim();
