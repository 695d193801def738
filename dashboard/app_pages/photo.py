"""Try a photo: what the picked runs make of the faces in a picture of one's own."""

from typing import Any

import streamlit as st

from dashboard import choices, commands, jobs, photo_cards, queries, states, texts, waiting
from dashboard.queries import View
from fer_core.errors import InputError

_ = texts.translate()
view: View = st.session_state.view
MEGABYTES = 10  # what a browser may send; one that sends more is told so below
COMMAND = "predict"

st.title(_("Try a photo"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()
runs = tuple(run for run in view.picked if queries.has_weights(view.store, run))
for run in view.picked:
    if run not in runs:
        states.no_weights(run)
if not runs:
    st.stop()

upload = st.file_uploader(
    _("A photo of one or more people, or a picture of one face"),
    type=["jpg", "jpeg", "png", "webp", "bmp"],
    key="photo",
    max_upload_size=MEGABYTES,
    on_change=lambda: waiting.drop(COMMAND),
)
st.caption(
    _(
        "The picture stays on this machine and is forgotten unless you keep it. These models show "
        "how classifiers work; what they say about a face is no fact about the person."
    )
)
options: dict[str, Any] = {}
with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="large"):
    for choice in choices.photo(_):
        options[choice.name] = st.segmented_control(
            choice.label,
            list(choice.options),
            format_func=choice.options.__getitem__,
            default=next(iter(choice.options)),
            required=True,
            key=f"photo-{choice.name}",
            persist_state="session",
        )
options["keep"] = st.checkbox(_("Keep the faces and the result with the runs"), key="photo-keep")

if upload:
    if upload.size > MEGABYTES * 2**20:
        states.wrong(InputError(_("more than {most} MB; make it smaller").format(most=MEGABYTES)))
        st.stop()
    if st.button(_("Show probabilities"), type="primary", key="photo-start"):
        picture = upload.getvalue()
        waiting.drop(COMMAND)
        waiting.begin(
            jobs.start(
                view.store, COMMAND, runs, stdin=picture, picture="-", name=upload.name, **options
            )
        )
    file = texts.file_argument(upload.name)
    words = commands.predict([run.name for run in runs], file, **options)
    st.code(texts.command("fer-core", *words), language="bash", wrap_lines=True)

job = waiting.follow(view, runs, COMMAND)
if job and not waiting.say_failure(job):
    st.html(photo_cards.cards(job.result, _))
    st.text("\n".join(photo_cards.settings(run, _) for run in job.result["runs"]))
    if job.result["kept"]:
        st.text(_("Kept: the faces and the result are stored with each run."))
    states.explained_elsewhere()
