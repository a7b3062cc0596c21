namespace Tidegate.Printing;

/// <summary>
/// Rows laid out as Go's <c>text/tabwriter</c> does it with spaces (cli.md, 0.1): a column is as wide as its longest cell plus the
/// padding, and the last cell of a row is written as it is. A row whose last cell is empty therefore ends in spaces.
/// </summary>
/// <param name="padding">Spaces after the longest cell of a column.</param>
public sealed class TabTable(int padding)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row. All rows of a table have the same number of cells.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes all rows.</summary>
    public void WriteTo(TextWriter output)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        int[] widths = new int[_rows.Max(row => row.Length)];
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], CountRunes(row[i]) + padding);
            }
        }

        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length - 1; i++)
            {
                output.Write(row[i]);
                for (int space = CountRunes(row[i]); space < widths[i]; space++)
                {
                    output.Write(' ');
                }
            }

            output.Write(row[^1]);
            output.Write('\n');
        }
    }

    private static int CountRunes(string text) => text.EnumerateRunes().Count();
}
