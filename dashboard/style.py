"""The few rules of CSS that Streamlit has no setting for. A constant: no text of a run gets in."""

# Colours follow the theme by way of the text's own colour, so light and dark need one set.
CSS = """<style>
[data-testid="stMainBlockContainer"] { padding-left: 2.5rem; padding-right: 2.5rem; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(236px, 1fr)); gap: 10px; }
.faces figure { display: flex; gap: 10px; margin: 0; padding: 8px; border-radius: 8px;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.faces i, .tiles i { display: block; flex: none; width: 96px; height: 96px; border-radius: 4px;
  background-size: 1536px auto; image-rendering: pixelated; }
.faces figcaption { flex: 1; min-width: 0; font-size: 11px; line-height: 13px; }
.faces b { display: block; margin-bottom: 3px; font-size: 12px; overflow-wrap: anywhere; }
.faces span { display: flex; justify-content: space-between; padding: 0 3px; border-radius: 2px;
  background: linear-gradient(to right,
    color-mix(in srgb, currentColor 14%, transparent) var(--share), transparent var(--share)); }
.faces span.predicted { background: linear-gradient(to right,
    color-mix(in srgb, #D55E00 45%, transparent) var(--share), transparent var(--share)); }
.faces span.true { background: linear-gradient(to right,
    color-mix(in srgb, #0072B2 45%, transparent) var(--share), transparent var(--share)); }
.faces span.true, .faces span.predicted { font-weight: 600; }
.faces em { font-style: normal; font-variant-numeric: tabular-nums; }
.faces.judged { grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); }
.judged i { width: 96px; height: 96px; border-radius: 4px; background-size: 1536px auto; }
.judged a { display: block; width: 96px; font-size: 11px; overflow-wrap: anywhere; }
.judged figcaption > div { display: flex; flex-wrap: wrap; gap: 8px; }
.judged section { flex: 1 1 104px; min-width: 0; max-width: 180px; }
.judged h6 { margin: 0; padding: 0 0 2px; font-size: 11px; font-weight: 500; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.tiles { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 12px; }
.tiles section { padding: 8px; border-radius: 8px;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.tiles section div { display: flex; flex-wrap: wrap; gap: 8px; }
.tiles h6 { margin: 0; padding: 0 0 6px; font-size: 12px; font-weight: 600; }
.tiles figure { width: 96px; margin: 0; }
.tiles figcaption { padding-top: 3px; font-size: 11px; line-height: 14px; overflow-wrap: anywhere; }
.tiles b { display: block; font-weight: 600; }
.tiles em { display: block; font-style: normal; opacity: 0.7; }
.photo { margin: 0 0 14px; padding: 12px; border-radius: 8px;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.photo figcaption { margin-bottom: 8px; font-size: 13px; overflow-wrap: anywhere; }
.photo > div { display: flex; gap: 20px; align-items: flex-start; }
.photo > div > div { overflow-x: auto; min-width: 0; }
.photo img { flex: none; width: 240px; height: 240px; border-radius: 4px;
  image-rendering: pixelated; }
.photo table { border-spacing: 6px 3px; border-collapse: separate; font-size: 14px; }
.photo th { text-align: left; font-weight: 500; }
.photo thead th { min-width: 120px; max-width: 180px; vertical-align: bottom;
  overflow-wrap: anywhere; }
.photo td[style] { padding: 3px 8px; border-radius: 3px; text-align: right;
  font-variant-numeric: tabular-nums; background: linear-gradient(to right,
    color-mix(in srgb, currentColor 16%, transparent) var(--share),
    color-mix(in srgb, currentColor 4%, transparent) var(--share)); }
.photo td.top { font-weight: 650; background: linear-gradient(to right,
    color-mix(in srgb, #0072B2 50%, transparent) var(--share),
    color-mix(in srgb, #0072B2 8%, transparent) var(--share)); }
[class*="st-key-caption-below-"] { margin-top: -0.6rem; margin-bottom: 0.9rem; }
[class*="st-key-caption-top-"] { margin-bottom: -0.6rem; }
[class*="st-key-report-"] textarea { field-sizing: content; height: auto !important;
  min-height: 5rem !important; max-height: none !important; }
[class*="st-key-caption-"] textarea { min-height: 2.4rem !important; }
.printed { border-collapse: collapse; border-top: 1.5px solid #000; border-bottom: 1.5px solid #000;
  color: #000; font: 12px/1.35 "Liberation Sans", "Noto Sans CJK TC", Arial, sans-serif; }
.printed thead { border-bottom: 1px solid #000; }
.printed th, .printed td { padding: 2px 8px; text-align: left; vertical-align: top; border: 0; }
.printed .right { text-align: right; font-variant-numeric: tabular-nums; }
div:has(> [class*="st-key-aside-"]) { flex: 1 1 300px; }
[class*="st-key-aside-"] [data-testid="stText"] { font-size: 0.875rem; }
[class*="st-key-paper-"] { background: #fff; border-radius: 10px; padding: 14px;
  border: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
</style>"""
