# What a tired clerk makes of tests/data/deliberation-2023-405.jsonl: a member's name misspelt, the
# allotments 3.3b (Audasse) and 3.3c (Accueil 9) interchanged. For deploy/CORRECTIONS.md.
s/M. Ludovic LOQUET"/M. Ludovic LOCQUET"/
s/\("allotment_id": "3.3b"[^}]*"amount_cents": \)"3000000"/\1"1000000"/
s/\("allotment_id": "3.3c"[^}]*"amount_cents": \)"1000000"/\1"3000000"/
