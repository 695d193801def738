"""What the browser's page does with a figure: style, drawing and printing, for Chromium."""

# Chromium keeps a margin of 0.1 inch on a page and shrinks what then does not fit.
PAGE_STYLE = (
    "<style>@page { margin: 0 } body { margin: 0 } #kaleido-image { display: block }</style>"
)

# Plotly's svg, shown on the page at its size, to be printed, and drawn onto opaque paper.
DRAW = """(async (figure, width, height, scale, formats) => {
  const svg = await Plotly.toImage(figure, {format: "svg", width, height, imageDataOnly: true});
  const drawn = {svg};
  if (formats.length === 0) return drawn;
  const image = document.getElementById("kaleido-image");
  image.src = "data:image/svg+xml," + encodeURIComponent(svg);
  await image.decode();
  document.getElementById("head-style").textContent = `@page { size: ${width}px ${height}px }`;
  if (formats.includes("png")) {
    const paper = document.createElement("canvas");
    paper.width = Math.round(width * scale);
    paper.height = Math.round(height * scale);
    const pen = paper.getContext("2d", {alpha: false});
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, paper.width, paper.height);
    pen.drawImage(image, 0, 0, paper.width, paper.height);
    drawn.png = paper.toDataURL("image/png").split(",")[1];
  }
  return drawn;
})"""
PRINT = {
    "printBackground": True,
    "preferCSSPageSize": True,
    "pageRanges": "1",
    **dict.fromkeys(("marginTop", "marginBottom", "marginLeft", "marginRight"), 0),
}
