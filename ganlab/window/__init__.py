"""The window itself: menus, actions, messages, palette, file dialogs."""
