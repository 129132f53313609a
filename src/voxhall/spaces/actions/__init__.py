"""One function for each thing that a person, or the server by itself, can do to a space."""

from voxhall.spaces.actions.change import SpaceChanged as SpaceChanged
from voxhall.spaces.actions.change import carry_out as carry_out
from voxhall.spaces.actions.change import carry_out_for_server as carry_out_for_server
from voxhall.spaces.actions.change import leave as leave
from voxhall.spaces.actions.change import person_of as person_of
from voxhall.spaces.actions.entry import Joined as Joined
from voxhall.spaces.actions.entry import NewSpace as NewSpace
from voxhall.spaces.actions.entry import create_space as create_space
from voxhall.spaces.actions.entry import join as join
from voxhall.spaces.actions.entry import keep_strangers as keep_strangers
from voxhall.spaces.actions.entry import stranger as stranger
from voxhall.spaces.actions.upkeep import end_quiet_spaces as end_quiet_spaces
from voxhall.spaces.actions.upkeep import save_listener_counts as save_listener_counts
from voxhall.spaces.actions.views import find_participant as find_participant
from voxhall.spaces.actions.views import find_space as find_space
from voxhall.spaces.actions.views import get_space as get_space
from voxhall.spaces.actions.views import hosts_of as hosts_of
from voxhall.spaces.actions.views import list_spaces as list_spaces
from voxhall.spaces.actions.views import live_spaces as live_spaces
from voxhall.spaces.actions.views import missed_events as missed_events
from voxhall.spaces.actions.views import participants_by_id as participants_by_id
