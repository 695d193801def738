"""Explanations: what the picked runs look at, method by method, and what is yet to be computed."""

import streamlit as st

from dashboard import explanation_jobs, explanation_options, explanation_picker, show, states, texts
from dashboard.queries import View
from fer_core.figures.wanted_maps import Wanted, named

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Explanations"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

if not (pictured := states.pictured(view.store, view.picked)):
    st.stop()
view = view._replace(picked=pictured)
figure = explanation_options.choose_figure(_)
methods = explanation_options.choose_methods(view, figure, _)
with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="medium"):
    options = explanation_options.choose(view, figure, _)
if not methods:
    st.text(_("Choose a method."))
    st.stop()

runs = explanation_options.able(view, methods, _)
if not runs:
    st.stop()
asked = {name: options[name] for name in ("layer", "target", "weights") if name in options}
if figure == explanation_options.ALL_STORED:
    st.caption(_("Of all images whose maps are stored, in every picked run. More of them:"))
    words = ["explain", runs[0].name, "--methods", methods[0], "--per-class", "20"]
    st.code(texts.command("fer-core", *words, "--split", "validation"), language="bash")
    show.figure(view, figure, runs, method=methods[0], **options)
    st.stop()

wanted = Wanted(methods=",".join(methods), **asked)
samples = explanation_picker.pick(view, runs, wanted)
if not samples:
    st.stop()
wanted = wanted._replace(samples=",".join(samples))
found = explanation_jobs.offer(view, runs, wanted)
there = explanation_jobs.stored(found, wanted)
if there.methods and there.samples:
    options["samples"] = there.samples
    if figure == "explanations":
        options["methods"] = there.methods
    elif figure == "saliency_panel":
        options["method"] = there.methods
    show.figure(view, figure, runs, **options)
    count = len(named(there.samples))
    st.caption(_("{count} of {total} images are shown.").format(count=count, total=len(samples)))
