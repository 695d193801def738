"""The dashboard: `streamlit run dashboard`, or `fer-core dashboard`.

Streamlit puts this folder on `sys.path`, but not the one above it. Modules are imported as
`dashboard.x` all the same, through the installed package (editable in a checkout): under two
names a module would load twice, with two caches.
"""

from pathlib import Path

import streamlit as st

from dashboard import queries, sidebar, states, style, texts
from fer_core.errors import InputError
from fer_core.store import StoreError

HERE = Path(__file__).parent
# A local file: for an emoji or an icon's name the browser would ask a host for fonts.
ICON = str(HERE / "icon.svg")

_ = texts.translate()
st.set_page_config(page_icon=ICON, layout="wide")
st.html(style.CSS)
st.logo(str(HERE / "logo.svg"), size="large", icon_image=ICON)

DATA = st.Page(HERE / "app_pages" / "data.py", title=_("Data"), icon=":material/dataset:")
page = st.navigation(
    [
        st.Page(
            HERE / "app_pages" / "runs.py",
            title=_("Runs"),
            icon=":material/table_rows:",
            default=True,
        ),
        st.Page(
            HERE / "app_pages" / "learning_curves.py",
            title=_("Learning curves"),
            icon=":material/show_chart:",
        ),
        st.Page(
            HERE / "app_pages" / "confusion.py",
            title=_("Confusion"),
            icon=":material/grid_on:",
        ),
        st.Page(
            HERE / "app_pages" / "compare.py",
            title=_("Compare"),
            icon=":material/compare_arrows:",
        ),
        st.Page(
            HERE / "app_pages" / "errors.py",
            title=_("Errors"),
            icon=":material/rule:",
        ),
        st.Page(
            HERE / "app_pages" / "ensemble.py",
            title=_("Ensemble"),
            icon=":material/join_inner:",
        ),
        st.Page(
            HERE / "app_pages" / "explanations.py",
            title=_("Explanations"),
            icon=":material/visibility:",
        ),
        st.Page(
            HERE / "app_pages" / "filters.py",
            title=_("Filters"),
            icon=":material/blur_on:",
        ),
        st.Page(
            HERE / "app_pages" / "architecture.py",
            title=_("Architecture"),
            icon=":material/account_tree:",
        ),
        st.Page(
            HERE / "app_pages" / "report.py",
            title=_("Report"),
            icon=":material/description:",
        ),
        DATA,
        st.Page(
            HERE / "app_pages" / "photo.py",
            title=_("Try a photo"),
            icon=":material/add_a_photo:",
        ),
    ]
)

st.set_page_config(page_title=f"{page.title} · FER Lab")

try:
    view = sidebar.view(queries.open_store())
except StoreError as error:
    st.title(page.title, anchor=False)
    states.unavailable(error)
    sidebar.pick_language()
    sidebar.wait_for_another(error)
    st.stop()

try:
    if view.runs or page.url_path == DATA.url_path:
        st.session_state.view = view
        page.run()
    else:
        st.title(page.title, anchor=False)
        states.no_runs(has_data=bool(view.store.datasets()))
except (InputError, StoreError) as error:
    states.wrong(error)
