"""What is shown: the only package that knows a toolkit (Tk, ttkbootstrap, Pillow, pystray)."""
