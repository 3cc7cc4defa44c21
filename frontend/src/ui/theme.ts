/** Mantine's theme on top of the tokens in tokens.css. Components of ours use the CSS variables; Mantine carries menus, dialogs, inputs. */
import {
  Checkbox,
  createTheme,
  localStorageColorSchemeManager,
  Menu,
  Modal,
  Notification,
  PasswordInput,
  Popover,
  Radio,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';

export const colorSchemeManager = localStorageColorSchemeManager({ key: 'medreview-color-scheme' });

const inputStyles = {
  input: {
    background: 'var(--mr-surface)',
    borderColor: 'var(--mr-control-line)',
    color: 'var(--mr-text)',
    fontSize: 13,
    minHeight: 32,
  },
  label: { fontSize: 12, lineHeight: '16px', fontWeight: 500, color: 'var(--mr-text-2)', marginBottom: 4 },
} as const;

const floating = {
  dropdown: {
    background: 'var(--mr-surface)',
    border: '1px solid var(--mr-control-line)',
    boxShadow: 'var(--mr-elevation)',
    borderRadius: 'var(--mr-radius-card)',
  },
} as const;

export const theme = createTheme({
  fontFamily: 'var(--mr-font)',
  fontFamilyMonospace: 'var(--mr-mono)',
  primaryColor: 'blue',
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '16px', sm: '16px', md: '20px', lg: '20px', xl: '24px' },
  components: {
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' }, styles: inputStyles }),
    PasswordInput: PasswordInput.extend({
      defaultProps: { size: 'sm' },
      styles: { ...inputStyles, innerInput: { color: 'var(--mr-text)', fontSize: 13 } },
    }),
    SegmentedControl: SegmentedControl.extend({
      defaultProps: { transitionDuration: 0 },
      styles: {
        root: { background: 'var(--mr-page)', border: '1px solid var(--mr-control-line)' },
        indicator: { background: 'var(--mr-selected)', boxShadow: 'none' },
        label: { fontSize: 12, fontWeight: 500, color: 'var(--mr-text)' },
      },
    }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm' }, styles: inputStyles }),
    Select: Select.extend({ defaultProps: { size: 'sm' }, styles: { ...inputStyles, ...floating } }),
    Checkbox: Checkbox.extend({
      defaultProps: { size: 'xs', radius: 4, color: 'var(--mr-action)', iconColor: 'var(--mr-on-action)' },
      styles: { input: { borderColor: 'var(--mr-text-3)' } },
    }),
    Radio: Radio.extend({ defaultProps: { color: 'var(--mr-action)', iconColor: 'var(--mr-on-action)' } }),
    Menu: Menu.extend({
      defaultProps: { transitionProps: { duration: 0 } },
      styles: { ...floating, item: { fontSize: 13, padding: '6px 12px', minHeight: 32, color: 'var(--mr-text)' } },
    }),
    Popover: Popover.extend({ defaultProps: { transitionProps: { duration: 0 } }, styles: floating }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 400, transitionProps: { duration: 0 } },
      styles: {
        tooltip: {
          background: 'var(--mr-selected)',
          color: 'var(--mr-text)',
          border: '1px solid var(--mr-control-line)',
          fontSize: 12,
          lineHeight: '16px',
          padding: '4px 8px',
        },
      },
    }),
    Modal: Modal.extend({
      defaultProps: { centered: true, transitionProps: { duration: 0 }, overlayProps: { color: 'var(--mr-scrim)', backgroundOpacity: 1 } },
      styles: {
        content: {
          background: 'var(--mr-surface)',
          border: '1px solid var(--mr-control-line)',
          borderRadius: 'var(--mr-radius-dialog)',
          boxShadow: 'var(--mr-elevation)',
        },
        header: { background: 'var(--mr-surface)', borderBottom: '1px solid var(--mr-line)', minHeight: 48, padding: '12px 16px' },
        title: { fontSize: 14, lineHeight: '20px', fontWeight: 600 },
        body: { padding: 16 },
      },
    }),
    Notification: Notification.extend({
      styles: {
        root: {
          background: 'var(--mr-raised)',
          border: '1px solid var(--mr-control-line)',
          boxShadow: 'var(--mr-elevation)',
        },
        description: { color: 'var(--mr-text)', fontSize: 13 },
      },
    }),
  },
});
