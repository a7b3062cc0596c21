namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks the value of a header that is set or added: text with <c>%NAME%</c> and <c>%NAME(arguments)%</c> in it, <c>%%</c> for a
/// percent sign. Envoy refuses a whole configuration with an unbalanced one. Follows Envoy's <c>header_parser.cc</c> as Istio does.
/// </summary>
internal static class HeaderValueSyntax
{
    private enum State
    {
        Literal,
        Name,
        ArrayStart,
        ItemStart,
        Item,
        ItemEnd,
        ArgumentsEnd,
        VariableEnd,
    }

    /// <summary>Null, or what is wrong.</summary>
    public static string? Check(string value)
    {
        foreach (char c in value)
        {
            if (c is (< ' ' and not '\t') or '\x7F')
            {
                return $"header value configuration {value} is invalid";
            }
        }

        return CheckVariables(value) is { } problem ? $"header value configuration: invalid header configuration. {problem}" : null;
    }

    private static string? CheckVariables(string value)
    {
        var state = State.Literal;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool isLast = i + 1 == value.Length;
            switch (state)
            {
                case State.Literal when c == '%' && isLast:
                    return "Un-escaped %";
                case State.Literal when c == '%' && value[i + 1] == '%':
                    i++;
                    break;
                case State.Literal:
                    state = c == '%' ? State.Name : State.Literal;
                    break;
                case State.Name:
                    state = c switch { '%' => State.Literal, '(' => State.ArrayStart, _ => State.Name };
                    break;
                case State.ArrayStart:
                    state = c switch { '[' => State.ItemStart, ' ' => State.ArrayStart, _ => State.Item };
                    break;
                case State.ItemStart when c is not ('"' or ' '):
                    return "Expecting '\"'";
                case State.ItemStart:
                    state = c == '"' ? State.Item : State.ItemStart;
                    break;
                case State.Item when c == '\\' && isLast:
                    return "Un-terminated backslash in JSON string";
                case State.Item when c == '\\':
                    i++;
                    break;
                case State.Item:
                    state = c switch { ')' => State.VariableEnd, '"' => State.ItemEnd, _ => State.Item };
                    break;
                case State.ItemEnd when c is not (',' or ']' or ' '):
                    return "Expecting ',', ']', or whitespace";
                case State.ItemEnd:
                    state = c switch { ',' => State.ItemStart, ']' => State.ArgumentsEnd, _ => State.ItemEnd };
                    break;
                case State.ArgumentsEnd when c is not (')' or ' '):
                    return "Expecting ')' or whitespace after '{}', but found '{}'";
                case State.ArgumentsEnd:
                    state = c == ')' ? State.VariableEnd : State.ArgumentsEnd;
                    break;
                case State.VariableEnd when c is not ('%' or ' '):
                    return "Expecting '%' or whitespace after";
                case State.VariableEnd:
                    state = c == '%' ? State.Literal : State.VariableEnd;
                    break;
            }
        }

        return state == State.Literal ? null : $"Un-terminated variable expression '{value}'";
    }
}
