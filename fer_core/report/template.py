"""Templates: the questions of a report and what answers each, one TOML file a template.

title = {en = "Image Sentiment Classification", "zh-TW" = "..."}
slots = ["cnn", "dnn"]          # the parts that runs play, in the order of their colours

[[sections]]
key = "2-dnn"                   # names files; unique
question = {en = "...", "zh-TW" = "..."}
of = ["cnn", "dnn"]             # slots; "all" is every run; optional slots may stay empty

[[sections.items]]
facts = "architecture"          # a paragraph of FACTS, or
figure = "learning_curves"      # a figure of FIGURES, or
table = "parameters"            # a table of TABLES
of = ["dnn"]                    # else the section's
each = true                     # one figure for each run, instead of one for all
options = {metric = "accuracy"} # of the figure
caption = {en = "...", "zh-TW" = "..."}   # else the first line of its description
"""
