"""Looks at all that keeps people from hearing each other, and names what is wrong and the mend: for `voxhall doctor`,
for the administrator's page, and for each visitor, whose browser does the looking.
"""
