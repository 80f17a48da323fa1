# Puts the amounts of the allotments 3.3b and 3.3c where the deliberation has them, in a line of
# `registre correct draft`. For deploy/CORRECTIONS.md.
s/\("allotment_id":"3.3b"[^}]*"amount_cents":\)"1000000"/\1"3000000"/
s/\("allotment_id":"3.3c"[^}]*"amount_cents":\)"3000000"/\1"1000000"/
