//! What a dock does and SocketDock does not, or does badly.

mod backend_away;
mod ending;
mod few_connections;
mod hostile;
mod private_side;
mod signed;
mod without_loss;
