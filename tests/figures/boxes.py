"""Where the texts of a drawn figure are, and which of them are in each other's way."""

# A script for a page that shows the SVG: [text, left, top, right, bottom] of each, in px.
OF_TEXTS = """() => {
    const texts = [...document.querySelectorAll('text')].filter(t => t.textContent.trim());
    return texts.map(t => {
        const box = t.getBoundingClientRect();
        return [t.textContent, box.left, box.top, box.right, box.bottom];
    });
}"""


def outside(boxes, width, height):
    return [b for b in boxes if min(b[1:3]) < -0.5 or b[3] > width + 0.5 or b[4] > height + 0.5]


def overlapping(boxes, shared=1.5):
    # A box is as high as the font's tallest letters; lines may share what no letter uses, in px.
    return [
        (a[0], b[0])
        for index, a in enumerate(boxes)
        for b in boxes[:index]
        if min(a[3], b[3]) - max(a[1], b[1]) > 0.5 and min(a[4], b[4]) - max(a[2], b[2]) > shared
    ]
